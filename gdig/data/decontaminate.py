"""Keep text of one part out of another, whatever its case, width and punctuation."""

import re
import unicodedata
from collections.abc import Iterable

from gdig.records import Pair

_NO_WORD = re.compile(r"[\W_]+")


def matching_key(text: str) -> str:
    """Return the text as it is compared: NFKC, case folded, word characters only.

    A text without any word character keeps its punctuation, so that `?!` and `...` stay different.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NO_WORD.sub("", folded) or folded


def keys_of(*parts: Iterable[Pair]) -> frozenset[str]:
    """Return the matching keys of both sides of every pair."""
    return frozenset(matching_key(text) for part in parts for pair in part for text in (pair.src, pair.trg))
