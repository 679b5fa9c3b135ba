"""One way to write a text: composed characters, single spaces, nothing that cannot be seen."""

import unicodedata

from gdig.config import Rules
from gdig.io.text import Table

_JOINERS = "\u200c\u200d"
"""Format characters that spell words (Persian, Hindi) and emoji, and so stay."""


def normalise(text: str, rules: Rules) -> str:
    """Return NFC text without control characters, outer or repeated white space, as the rules say."""
    if rules.drop_control_characters:
        if not text.isprintable():
            text = text.translate(_KEPT)
        text = " ".join(text.split())
    # After the removal, which can bring a letter and its accent together.
    if rules.normalise_unicode and not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text


def is_blank(text: str) -> bool:
    """Return whether there is nothing to read."""
    return not text.strip().strip(_JOINERS)


def _kept(character: str) -> int | None:
    """Drop controls, format characters, surrogates and private ones.

    White space among them stays, to be collapsed; so do unassigned characters, which a later Unicode may have assigned.
    """
    unwanted = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")
    return None if unwanted and not character.isspace() and character not in _JOINERS else ord(character)


_KEPT = Table(_kept)
