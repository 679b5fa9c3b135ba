"""What a table is, apart from the kind of file."""

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
