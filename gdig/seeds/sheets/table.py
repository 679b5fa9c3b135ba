"""A table of texts with its header, as a sheet is read and written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a sheet that goes out."""

    name: str
    width: int
    """In characters, where the kind of file has widths."""
    is_editable: bool = False
    is_grey: bool = False
    choices: tuple[str, ...] = ()
    """Values that are offered."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table that came back."""

    place: str
    """Where it stands, for messages: `row 12`."""
    texts: Mapping[str, str]
    """By column; a column that the row does not reach is not there."""
    faults: Mapping[str, str]
    """What is wrong with a cell that is no text, by column."""
    fault: str = ""
    """What is wrong with the whole row."""


@dataclass(frozen=True)
class Table:
    """A table that came back."""

    lines: Sequence[Line]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """Columns that are read."""

    columns: Sequence[str]
    required: Sequence[str]


def column_places(header: Sequence[str], known: Known) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the place of each known column, in any order, and warnings about unknown ones.

    Raises:
        ValueError: a column that is needed is not there, or a known one is there twice.
    """
    names = [name.strip().casefold() for name in header]
    if missing := [name for name in known.required if name not in names]:
        found = ", ".join(map(repr, header)) or "nothing"
        raise ValueError(
            f"the header has no column {', '.join(map(repr, missing))} (found: {found}); the first row must name the "
            f"columns {', '.join(known.columns)}"
        )
    if repeated := sorted({name for name in names if name in known.columns and names.count(name) > 1}):
        raise ValueError(f"the header has two columns {repeated[0]!r}; remove one")
    unknown = [name for name in names if name and name not in known.columns]
    warnings = (f"columns that nobody reads: {', '.join(unknown)}",) if unknown else ()
    return {name: names.index(name) for name in known.columns if name in names}, warnings
