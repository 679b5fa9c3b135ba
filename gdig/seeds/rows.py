"""Exported and returned rows, independent of the file format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gdig.io.records import Pair
from gdig.seeds.sheets.table import Known, Line

REQUIRED = ("id", "source", "target")
COLUMNS = (*REQUIRED, "original target", "status", "comment", "part")
KNOWN = Known(COLUMNS, REQUIRED)
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
    """The drafts sent to one reviser."""

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

    def cells(self) -> Iterator[tuple[str, ...]]:
        """Yield a draft's texts in the order of COLUMNS."""
        for part, pair in self.rows():
            yield pair.id, pair.src, pair.trg, pair.trg, "", "", part


@dataclass(frozen=True, slots=True)
class Row:
    """A returned row."""

    place: str
    """Position for messages: `row 12`."""
    id: str
    source: str = ""
    target: str = ""
    status: str = ""
    comment: str = ""
    fault: str = ""
    """Why the row cannot be read; empty if it can."""


@dataclass(frozen=True)
class Returned:
    """A returned file."""

    path: Path
    rows: Sequence[Row]
    is_plain_table: bool = False
    """Whether cells have no type, so that a formula cannot be distinguished from text."""
    reviser: str | None = None
    date: str | None = None
    drafts: str | None = None
    """Digest of the drafts that the file was made from, if it has one."""
    languages: tuple[str, str] | None = None
    warnings: tuple[str, ...] = ()


def row_of(line: Line) -> Row:
    """Convert a table line to a row; status and comment may be numbers, the other cells must be text."""
    source, target, status, comment = (line.texts.get(name, "") for name in ("source", "target", "status", "comment"))
    fault = line.fault or next((line.faults[name] for name in REQUIRED if name in line.faults), "")
    return Row(line.place, line.texts.get("id", "").strip(), source, target, status, comment, fault)
