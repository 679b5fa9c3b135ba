"""Text normalisation: composed characters, single spaces, no invisible characters; always one line."""

import re
import unicodedata

from gdig.config import Rules
from gdig.io.text import visible

_JOINERS = "\u200c\u200d"
"""They spell words (Persian, Hindi) and emoji, but are blank alone."""
_LINE_BREAK = re.compile(r"\r\n?|\n")
"""What ends a line in files of segments; other separators (U+2028, U+0085, ...) may stand in a line."""


def normalise(text: str, rules: Rules) -> str:
    """Return NFC text without invisible characters and without outer or repeated white space, as the rules say.

    Where the rules keep all of these, only a line break inside the text becomes a space.
    """
    if rules.drop_control_characters:
        text = " ".join(visible(text).split())
    elif not text.isprintable():
        text = _LINE_BREAK.sub(" ", text)
    # After the removal, which can make a letter and its accent adjacent.
    if rules.normalise_unicode and not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text


def is_blank(text: str) -> bool:
    """Return whether the text is empty or only white space and invisible characters."""
    return all(c.isspace() or c in _JOINERS or not visible(c) for c in text)
