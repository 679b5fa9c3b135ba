"""Read the committed results of a grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gdig.io.records import read_rows

FOLDER = Path("metrics") / "grids"


@dataclass(frozen=True)
class Results:
    """Rows of a grid."""

    conditions: Sequence[dict[str, Any]]
    runs: Sequence[dict[str, Any]]


def file_of(grid: str) -> Path:
    """Return the path of the committed results of a grid."""
    return FOLDER / f"{grid}.jsonl"


def read_results(grid: str) -> Results:
    """Return the results of a grid.

    Raises:
        ValueError: they were not collected.
    """
    path = file_of(grid)
    if not path.is_file():
        raise ValueError(
            f"{path} is not there; `python -m gdig.tools.evidence run {grid}` and then `collect {grid}` make it"
        )
    return results_of(path)


def results_of(path: Path) -> Results:
    """Return the results in a file."""
    rows = read_rows(path)
    return Results(*([row for row in rows if row["row"] == kind] for kind in ("condition", "run")))
