"""Lengths in tokens of the model that will be finetuned."""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

from gdig.config import TokenLimit


def are_too_long(texts: Sequence[str], limit: TokenLimit) -> list[bool]:
    """Return whether each text has more tokens than the limit, special ones not counted.

    Raises:
        ValueError: the tokenizer cannot be loaded.
    """
    tokenizer = _tokenizer(limit.tokenizer)
    unsure = [place for place, text in enumerate(texts) if not _is_surely_short(text, limit.max_tokens)]
    too_long = [False] * len(texts)
    if unsure:
        encoded = tokenizer([texts[place] for place in unsure], add_special_tokens=False, verbose=False).input_ids
        for place, tokens in zip(unsure, encoded, strict=True):
            too_long[place] = len(tokens) > limit.max_tokens
    return too_long


def _is_surely_short(text: str, max_tokens: int) -> bool:
    """Return whether there are too few bytes for that many tokens: most texts need not be tokenised.

    A token stands for a byte at least, but for one that some tokenizers put in front. Only what is NFKC already is
    counted so, as a tokenizer may normalise a character to many.
    """
    return len(text.encode()) < max_tokens and unicodedata.is_normalized("NFKC", text)


@cache
def _tokenizer(name: str) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"prepare.token_limit.tokenizer = {name!r} cannot be loaded; give the folder of a tokenizer, or a hub id "
            f"(and HF_HUB_OFFLINE=0 to download it): {error}"
        ) from None
