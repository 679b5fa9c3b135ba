"""Which script a language is written in, and how much of a text is in it."""

import unicodedata
from collections import Counter

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
"""Scripts of a language (ISO 639-1), as Unicode's names begin; languages that are not here are not checked."""

LETTERS_OF_A_HAN_CHARACTER = 3
"""A Han character stands for about three: a name in Latin letters does not make a Chinese sentence a Latin one."""


def share_in_script(text: str, language: str) -> float | None:
    """Return the share of a text's letters that are of its language's scripts; None where that says nothing."""
    if language not in SCRIPTS:
        return None
    letters: Counter[str] = Counter()
    for character in unicodedata.normalize("NFKC", text):
        if unicodedata.category(character)[0] == "L":
            script = unicodedata.name(character, "UNKNOWN").split()[0]
            letters[script] += LETTERS_OF_A_HAN_CHARACTER if script == "CJK" else 1
    total = letters.total()
    return sum(letters[script] for script in SCRIPTS[language]) / total if total else None
