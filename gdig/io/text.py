"""How texts are compared: character tables over all of Unicode, matching keys, n-grams of words."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator

from gdig.io.records import Pair

Replacement = int | str | None
"""A character, a text, or nothing."""


class Table(dict[int, Replacement]):
    """What becomes of each character, by its code."""

    def __init__(self, replace: Callable[[str], Replacement]) -> None:
        super().__init__()
        self._replace = replace

    def __missing__(self, code: int) -> Replacement:
        self[code] = self._replace(chr(code))
        return self[code]


def is_of_word(character: str) -> bool:
    """Return whether a character spells words: letters, digits, and the vowel signs and accents that stand alone.

    In Hindi, Thai and others these are marks and tell words apart. Variation selectors only tell how to draw.
    """
    kind = unicodedata.category(character)
    return kind[0] in "LN" or (kind in ("Mn", "Mc") and not unicodedata.name(character, "").startswith("VARIATION"))


def is_unspaced(character: str) -> bool:
    """Return whether a character belongs to a script that puts no spaces between words."""
    return any(first <= character <= last for first, last in _UNSPACED)


_UNSPACED = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Burmese
    ("\u1780", "\u17ff"),  # Khmer
    ("\u3040", "\u30ff"),  # kana
    ("\u31f0", "\u31ff"),
    ("\u3400", "\u4dbf"),  # Han
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)

_WORD_CHARACTERS = Table(lambda c: ord(c) if is_of_word(c) else None)
_WORDS = Table(lambda c: " " if not is_of_word(c) else f" {c} " if is_unspaced(c) else c)


def matching_key(text: str) -> str:
    """Return the text as it is compared: NFKC, case folded, word characters only.

    A text without any word character keeps its punctuation, so that `?!` and `...` stay different.
    """
    folded = _folded(text)
    return folded.translate(_WORD_CHARACTERS) or folded


def keys_of(*parts: Iterable[Pair]) -> frozenset[str]:
    """Return the matching keys of both sides of every pair."""
    return frozenset(matching_key(side) for part in parts for pair in part for side in (pair.src, pair.trg))


def word_ngrams(text: str, n: int) -> Iterator[str]:
    """Yield all n words in a row of a text, folded; in scripts without spaces every character is a word."""
    words = _folded(text).translate(_WORDS).split()
    return (" ".join(words[start : start + n]) for start in range(len(words) - n + 1))


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    # Folding takes some Greek letters apart.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
