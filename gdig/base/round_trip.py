"""What becomes of texts on their way through a tokenizer."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from gdig.io.tokens import Tokens, decode


def changed_texts(tokenizer: Any, texts: Sequence[str], encoded: Sequence[Tokens]) -> list[tuple[str, str]]:
    """Return the texts that come back changed in more than white space, each with what comes back.

    Args:
        tokenizer: any.
        texts: any.
        encoded: their tokens, see `gdig.io.tokens.text_tokens`.
    """
    back = [decode(tokenizer, ids) for ids in encoded]
    return [(text, found) for text, found in zip(texts, back, strict=True) if _plain(found) != _plain(text)]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
