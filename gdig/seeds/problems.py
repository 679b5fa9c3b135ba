"""Problems that block the import of a returned row, each with its remedy."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from gdig.io.records import Pair
from gdig.io.text import matching_key
from gdig.seeds.rows import STATUSES, Row
from gdig.seeds.sheets.texts import comparable, difference, words

SCRIPTS: dict[str, frozenset[str]] = {
    language: frozenset(scripts.split())
    for languages, scripts in {
        "af ca cs cy da de en es et eu fi fr ga gl hr hu id is it lt lv ms mt nl no pl": "LATIN",
        "pt ro sk sl sq sv sw tr vi": "LATIN",
        "be bg kk ky mk mn ru tg uk": "CYRILLIC",
        "sr bs": "CYRILLIC LATIN",
        "ar fa ps ur": "ARABIC",
        "he yi": "HEBREW",
        "el": "GREEK",
        "hy": "ARMENIAN",
        "ka": "GEORGIAN",
        "am": "ETHIOPIC",
        "hi mr ne": "DEVANAGARI",
        "bn": "BENGALI",
        "gu": "GUJARATI",
        "pa": "GURMUKHI",
        "kn": "KANNADA",
        "ml": "MALAYALAM",
        "ta": "TAMIL",
        "te": "TELUGU",
        "th": "THAI",
        "zh": "CJK",
        "ja": "CJK HIRAGANA KATAKANA KATAKANA-HIRAGANA",
        "ko": "HANGUL CJK",
    }.items()
    for language in languages.split()
}
"""Scripts of a language (ISO 639-1), by prefix of the Unicode names; unlisted languages are not checked."""

LETTERS_OF_A_HAN_CHARACTER = 3
"""Letters that a Han character counts as, so that a Latin name does not make a Chinese sentence Latin."""


def share_in_script(text: str, language: str) -> float | None:
    """Return the share of letters in the scripts of the language; None if it is unknown or there are no letters."""
    if language not in SCRIPTS:
        return None
    letters: Counter[str] = Counter()
    for character in unicodedata.normalize("NFKC", text):
        if unicodedata.category(character)[0] == "L":
            script = unicodedata.name(character, "UNKNOWN").split()[0]
            letters[script] += LETTERS_OF_A_HAN_CHARACTER if script == "CJK" else 1
    total = letters.total()
    return sum(letters[script] for script in SCRIPTS[language]) / total if total else None


MIN_SHARE_IN_SCRIPT = 0.1
"""A smaller share of letters in the target language's scripts is a problem."""

_SPREADSHEET_ERROR = re.compile(r"#(NAME\?|REF!|VALUE!|DIV/0!|N/A|NULL!|NUM!|WERT!|BEZUG!|NV|ZAHL!)|Err:\d{3}")
_FORMULA_STARTS = ("=", "+", "-", "@")


def problems_of(
    row: Row, draft: Pair, language: str, forbidden: frozenset[str], *, is_plain_table: bool
) -> Iterator[str]:
    """Yield every problem of a row with a known id.

    Args:
        row: returned row.
        draft: draft as sent.
        language: language of the target, ISO 639-1.
        forbidden: matching keys of the validation and test sets.
        is_plain_table: whether the format cannot distinguish formulas from text.
    """
    if row.fault:
        yield row.fault
        return
    status = row.status.strip().casefold()
    if status not in ("", *STATUSES):
        yield f"the status is {row.status!r}; write {', '.join(STATUSES)}, or nothing"
    if status == "rejected":
        return
    if words(row.source) != words(draft.src):
        change = difference(words(draft.src), words(row.source))
        yield f"the source was changed: {change}; put it back, or write rejected"
    if not any(c.isprintable() and not c.isspace() for c in row.target):
        yield "the target is empty; translate the source, or write rejected as the status"
        return
    if "\ufffd" in row.target:
        when = "the draft already had it; fix it" if "\ufffd" in draft.trg else "a wrong encoding lost text"
        place = row.target.index("\ufffd") + 1
        yield f"the target has U+FFFD at character {place}: {when}, or write rejected"
    if words(row.target) == words(row.source):
        yield "the target is the source; translate it, or write rejected as the status"
    elif matching_key(row.target) in forbidden:
        yield "the target occurs in a validation or test set; rephrase it, or write rejected as the status"
    share = share_in_script(row.target, language)
    if share is not None and share < MIN_SHARE_IN_SCRIPT:
        yield f"{share:.0%} of the target's letters are of a script of {language!r}: {row.target[:40]!r}"
    if comparable(row.target) != comparable(draft.trg):
        yield from _problems_of_edit(row, draft, is_plain_table)


def _problems_of_edit(row: Row, draft: Pair, is_plain_table: bool) -> Iterator[str]:
    controls = {c for c in row.target if _is_control(c)} - set(draft.trg)
    if controls:
        named = ", ".join(sorted(f"U+{ord(c):04X}" for c in controls))
        yield f"the target has control characters ({named}); delete them"
    if _SPREADSHEET_ERROR.fullmatch(row.target.strip()):
        yield f"the target is an error value of a spreadsheet, {row.target.strip()}; type the text again"
    start = row.target[:1]
    if is_plain_table and start in _FORMULA_STARTS and start not in (draft.trg[:1], draft.src[:1]):
        yield (
            f"the target begins with {start!r}, which spreadsheets read as a formula; begin with another character, "
            f"or revise an XLSX file"
        )


def _is_control(character: str) -> bool:
    is_picture = "\u2400" <= character <= "\u2426"
    return is_picture or (unicodedata.category(character) == "Cc" and character not in "\t\n\r")
