"""Encode texts for tables, and compare texts from tables."""

import difflib
import unicodedata


def shown(text: str) -> str:
    """Return a text that any format can store: `\\n` line ends, control pictures for characters invalid in XML."""
    return "".join(map(_shown_character, text.replace("\r\n", "\n").replace("\r", "\n")))


def _shown_character(character: str) -> str:
    if character < " " and character not in "\t\n":
        return chr(0x2400 + ord(character))
    return "\u2426" if "\ud800" <= character <= "\udfff" or character in "\ufffe\uffff" else character


def flat(text: str) -> str:
    """Return a shown text on one line and in one column, with arrows for tabs and line feeds."""
    return text.replace("\t", "⇥").replace("\n", "↵")


def unflat(text: str) -> str:
    """Return the text from which `flat` made this one; inverse of `flat`."""
    return text.replace("⇥", "\t").replace("↵", "\n")


def comparable(text: str) -> str:
    """Return a canonical text: equal for texts that differ only by format, editor or normal form."""
    return unicodedata.normalize("NFC", unflat(shown(text)))


def words(text: str) -> str:
    """Return a comparable text with white space normalised."""
    return " ".join(comparable(text).split())


def difference(old: str, new: str) -> str:
    """Return a word diff of two texts: [-removed-]{+added+}."""
    before, after = old.split(" "), new.split(" ")
    parts = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        went, came = " ".join(before[i:j]), " ".join(after[k:m])
        parts.append(went if kind == "equal" else (f"[-{went}-]" if went else "") + (f"{{+{came}+}}" if came else ""))
    return " ".join(parts)
