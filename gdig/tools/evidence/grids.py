"""Load and check the grids of `evidence.yaml`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gdig.config import NATURAL_KINDS, NOISE_KINDS, Name, Section, Seed, Share
from gdig.config.entries import Overrides, load_entries
from gdig.report.gains.cells import ALL

EVIDENCE_FILE = Path("evidence.yaml")


class Grid(Section):
    """A question and its conditions: every pool at every rate with every kind of noise."""

    question: str
    profile: Name
    pools: Annotated[list[Seed], Field(min_length=1)]
    rates: Annotated[list[Share], Field(min_length=1)]
    kinds: Annotated[tuple[Literal[ALL, *NOISE_KINDS, *NATURAL_KINDS], ...], Field(min_length=1, strict=False)] = (ALL,)  # type: ignore[valid-type]
    set: Overrides = ()

    @model_validator(mode="after")
    def _conditions_differ(self) -> Self:
        for name in ("pools", "rates", "kinds"):
            if len(set(entries := getattr(self, name))) != len(entries):
                raise ValueError(f"{name} must not repeat: {entries}")
        if 0 in self.rates and self.kinds != (ALL,):
            raise ValueError("rates: nothing is planted at 0, whatever the kinds; take it out")
        return self


def load_grids(path: Path = EVIDENCE_FILE) -> dict[str, Grid]:
    """Return all grids.

    Raises:
        ValueError: the file is not valid; names the key.
    """
    return load_entries(path, Grid, "grids")


def grid_of(name: str, grids: Mapping[str, Grid]) -> Grid:
    """Return a grid.

    Raises:
        ValueError: there is no such grid.
    """
    if name not in grids:
        raise ValueError(f"there is no grid {name!r}; {EVIDENCE_FILE} has {', '.join(grids)}")
    return grids[name]
