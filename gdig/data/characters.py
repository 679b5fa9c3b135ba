"""Tables for `str.translate` over all of Unicode, filled as characters turn up."""

import unicodedata
from collections.abc import Callable

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
