"""Lengths in tokens of the model that will be finetuned."""

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

from gdig.config import TokenLimit


def num_tokens(texts: Sequence[str], settings: TokenLimit) -> list[int]:
    """Return how many tokens each text has, without special ones.

    Raises:
        ValueError: the tokenizer cannot be loaded.
    """
    if not texts:
        return []
    tokenizer = _tokenizer(settings.tokenizer)
    return [len(tokens) for tokens in tokenizer(list(texts), add_special_tokens=False, verbose=False).input_ids]


@cache
def _tokenizer(name: str) -> Any:
    # A tokenizer needs no torch, and importing it takes seconds and hundreds of megabytes in every process.
    os.environ.setdefault("USE_TORCH", "0")
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"prepare.token_limit.tokenizer = {name!r} cannot be loaded; give the folder of a tokenizer, or a hub id "
            f"(and HF_HUB_OFFLINE=0 to download it): {error}"
        ) from None
