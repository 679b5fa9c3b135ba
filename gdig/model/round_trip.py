"""Whether a tokenizer gives texts back."""

import logging
import unicodedata
from collections.abc import Sequence
from typing import Any

logger = logging.getLogger(__name__)
MAX_UNKNOWN = 0.05
"""Share of texts with an unknown token from which on the model does not suit the languages: it can neither read nor
write what that token stands for."""
NUM_EXAMPLES = 3


def check_tokenizer(tokenizer: Any, texts: Sequence[str]) -> dict[str, Any]:
    """Return special tokens, and of how many texts encoding and decoding changes more than white space.

    A change is counted and told, not refused: normalisers that fold widths or case lose a form, not the text.

    Raises:
        ValueError: no EOS, or one that texts hold as their unknown token, so that responses could not end; too many
            texts with unknown tokens.
    """
    encoded = tokenizer(list(texts), add_special_tokens=False).input_ids
    unknown = [text for text, ids in zip(texts, encoded, strict=True) if tokenizer.unk_token_id in ids]
    # GPT-2's tokenizer, and others of bytes, name EOS as the unknown token too, which no text has.
    if tokenizer.eos_token_id is None or (unknown and tokenizer.eos_token_id == tokenizer.unk_token_id):
        raise ValueError(
            f"the tokenizer's EOS is {tokenizer.eos_token!r}, its unknown token {tokenizer.unk_token!r}; a response "
            f"needs an end of its own: set eos_token in tokenizer_config.json"
        )
    if len(unknown) > MAX_UNKNOWN * len(texts):
        raise ValueError(
            f"the tokenizer does not know parts of {len(unknown)} of {len(texts)} texts, such as {unknown[0]!r}; take "
            f"a model for these languages"
        )
    changed = [
        (text, back)
        for text, ids in zip(texts, encoded, strict=True)
        if _plain(back := tokenizer.decode(ids, skip_special_tokens=True)) != _plain(text)
    ]
    for text, back in changed[:NUM_EXAMPLES]:
        logger.warning("the tokenizer gives %r back as %r", text, back)
    if changed:
        logger.warning("the tokenizer changes %d of %d texts", len(changed), len(texts))
    return {
        "bos": tokenizer.bos_token,
        "eos": tokenizer.eos_token,
        "num_texts": len(texts),
        "num_changed": len(changed),
        "num_with_unknown": len(unknown),
    }


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
