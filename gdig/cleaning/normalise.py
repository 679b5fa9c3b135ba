"""Text normalisation: composed characters, single spaces, no invisible characters."""

import unicodedata

from gdig.config import Rules
from gdig.io.text import Table

_JOINERS = "\u200c\u200d"
"""Format characters that are kept because they spell words (Persian, Hindi) and emoji."""


def normalise(text: str, rules: Rules) -> str:
    """Return NFC text without control characters and without outer or repeated white space, as the rules say."""
    if rules.drop_control_characters:
        if not text.isprintable():
            text = text.translate(_KEPT)
        text = " ".join(text.split())
    # After the removal, which can make a letter and its accent adjacent.
    if rules.normalise_unicode and not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text


def is_blank(text: str) -> bool:
    """Return whether the text is empty or only white space."""
    return not text.strip().strip(_JOINERS)


def _kept(character: str) -> int | None:
    """Drop control, format, surrogate and private-use characters.

    White space among them is kept, to be collapsed; so are unassigned characters, which a later Unicode may assign.
    """
    unwanted = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")
    return None if unwanted and not character.isspace() and character not in _JOINERS else ord(character)


_KEPT = Table(_kept)
