"""What goes out to a reviser and what comes back, whatever the kind of file."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gdig.records import Pair

REQUIRED = ("id", "source", "target")
COLUMNS = (*REQUIRED, "original target", "status", "comment", "part")
STATUSES = ("unchanged", "edited", "rejected")

HOW_TO = (
    "Read each source and mend its target, so that it is a translation that you would publish.",
    "A target that is right already stays as it is. Leave the columns id and source alone.",
    "Where the source is no sentence worth learning from, write rejected as the status; a row of the reserve, at the "
    "end, takes its place. So revise the reserve too.",
    "The other values of status are read from the text; a comment is welcome anywhere.",
)


@dataclass(frozen=True)
class Handout:
    """What one reviser is sent."""

    seeds: Sequence[Pair]
    reserve: Sequence[Pair]
    source_language: str
    target_language: str
    drafts: str
    """Digest of all drafts."""

    def rows(self) -> Iterator[tuple[str, Pair]]:
        """Yield ("seed" or "reserve", draft)."""
        yield from (("seed", pair) for pair in self.seeds)
        yield from (("reserve", pair) for pair in self.reserve)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it came back."""

    place: str
    """Where it stands, for messages: `row 12`."""
    id: str
    source: str = ""
    target: str = ""
    status: str = ""
    comment: str = ""
    fault: str = ""
    """Why its text cannot be read, where that is so."""


@dataclass(frozen=True)
class Returned:
    """A file as it came back."""

    path: Path
    rows: Sequence[Row]
    is_plain_table: bool = False
    """Whether its cells have no type, so that a formula looks like text."""
    reviser: str | None = None
    date: str | None = None
    drafts: str | None = None
    """Digest of the drafts that it was made from, where the file says so."""
    languages: tuple[str, str] | None = None
    warnings: tuple[str, ...] = ()


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
