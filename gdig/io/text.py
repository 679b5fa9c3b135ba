"""How texts are compared: character tables over all of Unicode, matching keys, n-grams of words.

Letters, numbers and symbols count; case, width, white space, punctuation and pictures such as emoji do not. The marks
of a number are part of it: `1.5`, `-5`, `1/2`, `1:30`, `1'000`.
"""

import re
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


def is_symbol(character: str) -> bool:
    """Return whether a character has a meaning of its own: operators, currencies, and those of `_SYMBOLS`."""
    return unicodedata.category(character) in ("Sm", "Sc") or character in _SYMBOLS


_SYMBOLS = "#%&/@^§°′‰‱٪"
"""Of other categories than mathematics and currencies."""


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


def visible(text: str) -> str:
    """Return the text without invisible characters; white space stays.

    Dropped are control and private-use characters, and the format characters of `_INVISIBLE`. Other format characters
    are drawn (Arabic number signs, the tags of flags) or spell words (joiners); unassigned characters may be assigned
    by a later Unicode.
    """
    return text if text.isprintable() else text.translate(_VISIBLE)


_INVISIBLE = frozenset(
    map(
        chr,
        (
            0x00AD,  # soft hyphen
            0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A),  # direction of writing
            0x200B, 0x2060, 0xFEFF,  # zero-width space, word joiner, byte order mark
            *range(0x2061, 0x2065),  # invisible operators
            *range(0x206A, 0x2070),  # deprecated
            0xFFF9, 0xFFFA, 0xFFFB,  # interlinear annotation
            0xE0001,  # language tag
        ),
    )
)  # fmt: skip


def _is_invisible(character: str) -> bool:
    kind = unicodedata.category(character)
    return character in _INVISIBLE or (kind in ("Cc", "Cs", "Co") and not character.isspace())


_VISIBLE = Table(lambda c: None if _is_invisible(c) else ord(c))


def matching_key(text: str) -> str:
    """Return the text as it is compared: NFKC, case folded, only words, numbers and symbols.

    A text without any of these keeps its punctuation, so that `?!` and `...` stay different.
    """
    folded = compatible(text)
    return _with_numbers(folded, _only_counted) or folded


def keys_of(*parts: Iterable[Pair]) -> frozenset[str]:
    """Return the matching keys of both sides of every pair."""
    return frozenset(matching_key(side) for part in parts for pair in part for side in (pair.src, pair.trg))


def word_ngrams(text: str, n: int) -> Iterator[str]:
    """Yield all n words in a row of a text, folded.

    A number with its marks is a word; so is every symbol, and every character of scripts without spaces.
    """
    words = _with_numbers(compatible(text), _spaced).split()
    return (" ".join(words[start : start + n]) for start in range(len(words) - n + 1))


_DASHES = "\u2010\u2011\u2012\u2013\u2212-"
"""Without the long dashes, which stand between sentences."""
_SLASHES = "/\u2044\u2215"
_PLAIN = {**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_SLASHES, "/"), "\u2019": "'", "*": "\u2217"}
"""One of each kind of minus, slash, apostrophe and asterisk."""
_GAP = "\0"
"""Stands between two numbers; no text that was read has it."""


def _counted(character: str) -> str | None:
    if is_symbol(character) or is_of_word(character):
        return _PLAIN.get(character, character)
    return " " if character == _GAP else None


def _word(character: str) -> str:
    if counted := _counted(character):
        return counted if is_of_word(character) and not is_unspaced(character) else f" {counted} "
    return " "


_COUNTED = Table(_counted)
_WORDS = Table(_word)
_NOT_COUNTED = bytes(code for code in range(256) if _counted(chr(code)) is None)
_GAP_TO_SPACE = bytes.maketrans(_GAP.encode(), b" ")


def _only_counted(folded: str) -> str:
    try:
        # Most texts in Latin script: ten times as fast.
        return folded.encode("latin-1").translate(_GAP_TO_SPACE, _NOT_COUNTED).decode("latin-1")
    except UnicodeEncodeError:
        return folded.translate(_COUNTED)


def _spaced(folded: str) -> str:
    return folded.translate(_WORDS)


# Patterns that begin with a class of characters are searched several times as fast as others.
_DIGIT = "".join(c for c in map(chr, range(0x10000)) if c.isdecimal())
_LETTER = r"[^\W\d_" + "".join(f"{first}-{last}" for first, last in _UNSPACED) + "]"
_BETWEEN = rf".,:'\u2019·٫٬*\u2217{_SLASHES}{_DASHES}"
"""Marks that may stand between two digits of one number."""
_DIGIT_OR_OPERATOR = re.compile(f"[{_DIGIT}*<>=]")
_MARKED = re.compile(rf"[{_DIGIT}](?:(?<=[{_BETWEEN}].)|[\W_]+\d)")
"""A number with a mark, or before another number: few texts have one."""
_OPERATOR = re.compile(rf"([{_DIGIT}])\s+([:\u2217{_SLASHES}{_DASHES}])\s+(?=\d)")
_END = re.compile(rf"[{_DIGIT}](?=[\W_]+\d)(?![{_BETWEEN}]\d)")
"""The last digit of a number before another number."""
_MARK = re.compile(
    rf"([{_BETWEEN}])(?=[.,]?\d)"
    rf"(?:(?<=[{_DASHES}])(?<!{_LETTER}{{2}}.)"  # A minus; after two letters it is a hyphen: Covid-19.
    r"|(?<=\d.)(?=\d)"
    r"|(?<=[.,])(?<![\w.].)(?=\d))"  # .5
)
"""Marks that belong to a number."""


def _with_numbers(folded: str, reduce: Callable[[str], str]) -> str:
    """Return the reduced text, in which the marks of numbers are kept."""
    if not _DIGIT_OR_OPERATOR.search(folded):
        return reduce(folded)
    # Operators that are written in punctuation.
    folded = folded.replace("!=", "≠").replace("->", "→").replace(" * ", " \u2217 ")
    if not _MARKED.search(folded):
        return reduce(folded)
    # `1 - 2` is `1-2`, but `1, 2` is not `12`.
    folded = _OPERATOR.sub(lambda found: found[1] + found[2], folded)
    folded = _END.sub(lambda found: found[0] + _GAP, folded)
    parts = _MARK.split(folded)
    parts[::2] = map(reduce, parts[::2])
    parts[1::2] = [_PLAIN.get(mark, mark) for mark in parts[1::2]]
    return "".join(parts)


def compatible(text: str) -> str:
    """Return the text NFKC and case folded; superscripts become `^2`, and ½ becomes ` 1/2 `."""
    if text.isascii():
        return text.lower()
    text = visible(text)
    if not unicodedata.is_normalized("NFKC", text):
        if _DRAWN.search(text):
            text = _UNIT.sub(_decomposed, text)
            text = _DIGITS_DRAWN.sub(r" \g<0> ", _RAISED.sub(r"^\g<0> ", text))
        text = unicodedata.normalize("NFKC", text)
    # Folding takes some Greek letters apart.
    return unicodedata.normalize("NFKC", text.casefold())


_SUPERSCRIPTS = "\u00b2\u00b3\u00b9\u2070-\u207f"
_SUBSCRIPTS = "\u2080-\u208e"
_NUMBERS_DRAWN = "\u00bc-\u00be\u2150-\u215f\u2189\u2460-\u24ff\u3200-\u33ff\U0001f100-\U0001f10a"
"""Fractions, and numbers in circles and the like, of which NFKC makes plain digits; units among them."""
_DRAWN = re.compile(f"[{_SUPERSCRIPTS}{_SUBSCRIPTS}{_NUMBERS_DRAWN}]")
_RAISED = re.compile(f"[{_SUPERSCRIPTS}]+")
_DIGITS_DRAWN = re.compile(f"[{_SUBSCRIPTS}]+|[{_NUMBERS_DRAWN}]")
_UNIT = re.compile("[\u3380-\u33df]")
"""Units in one character, such as m²."""


def _decomposed(found: re.Match[str]) -> str:
    _, *codes = unicodedata.decomposition(found[0]).split()
    return "".join(chr(int(code, 16)) for code in codes)
