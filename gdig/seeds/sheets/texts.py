"""Texts as tables can hold them, and when two of them are the same."""

import difflib
import unicodedata


def shown(text: str) -> str:
    """Return a text as files can hold it: one kind of line end, pictures for characters that XML cannot hold."""
    return "".join(map(_shown_character, text.replace("\r\n", "\n").replace("\r", "\n")))


def _shown_character(character: str) -> str:
    if character < " " and character not in "\t\n":
        return chr(0x2400 + ord(character))
    return "\u2426" if "\ud800" <= character <= "\udfff" or character in "\ufffe\uffff" else character


def flat(text: str) -> str:
    """Return a shown text on one line and in one column, tabs and line feeds as visible arrows."""
    return text.replace("\t", "⇥").replace("\n", "↵")


def unflat(text: str) -> str:
    """Return the text of which `flat` made this."""
    return text.replace("⇥", "\t").replace("↵", "\n")


def comparable(text: str) -> str:
    """Return a text such that equal ones are those that no file, editor or normal form can tell apart."""
    return unicodedata.normalize("NFC", unflat(shown(text)))


def words(text: str) -> str:
    """Return a comparable text without regard to white space."""
    return " ".join(comparable(text).split())


def difference(old: str, new: str) -> str:
    """Return two texts as one, word by word: [-what went-]{+what came+}."""
    before, after = old.split(" "), new.split(" ")
    parts = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        went, came = " ".join(before[i:j]), " ".join(after[k:m])
        parts.append(went if kind == "equal" else (f"[-{went}-]" if went else "") + (f"{{+{came}+}}" if came else ""))
    return " ".join(parts)
