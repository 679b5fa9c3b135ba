"""A table of texts with a header, as read from and written to a sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of an exported sheet."""

    name: str
    width: int
    """Width in characters, for formats with widths."""
    is_editable: bool = False
    is_grey: bool = False
    choices: tuple[str, ...] = ()
    """Values offered in a list."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a returned table."""

    place: str
    """Position for messages: `row 12`."""
    texts: Mapping[str, str]
    """Text by column; short rows lack their last columns."""
    faults: Mapping[str, str]
    """Error of each cell that is not text, by column."""
    fault: str = ""
    """Error of the whole row."""


@dataclass(frozen=True)
class Table:
    """A returned table."""

    lines: Sequence[Line]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """Known and required columns."""

    columns: Sequence[str]
    required: Sequence[str]


def column_places(header: Sequence[str], known: Known) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the position of each known column, in any order, and warnings about unknown ones.

    Raises:
        ValueError: a required column is missing, or a known column occurs twice.
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
    warnings = (f"unknown columns are ignored: {', '.join(unknown)}",) if unknown else ()
    return {name: names.index(name) for name in known.columns if name in names}, warnings
