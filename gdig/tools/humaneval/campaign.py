"""The key of a campaign: raters, segments and the position of each system."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError, model_validator

from gdig.config import Section, Seed
from gdig.io.files import write_json

Kind = Literal["pairwise", "rating"]


class Segment(Section):
    """A source with its translations."""

    id: str
    source: str
    reference: str | None
    hypotheses: dict[str, str]
    """By system."""


class Item(Section):
    """A row of a rater's sheet."""

    id: str
    """Opaque id; does not reveal segment, systems or repetition."""
    rater: int
    """Counted from 1."""
    segment: str
    order: tuple[str, ...]
    """Systems from left to right."""
    is_repeat: bool
    """Whether the row repeats another row of the rater with the systems swapped."""


class Campaign(Section):
    """All sheets of one evaluation."""

    kind: Kind
    seed: Seed
    systems: tuple[str, ...]
    """The first is compared with each of the others."""
    origins: dict[str, str]
    """File of each system's translations, with its SHA-256."""
    with_reference: bool
    segments: tuple[Segment, ...]
    equal: tuple[str, ...]
    """Segments with equal translations, which are in no sheet and count as ties (kind `pairwise`)."""
    items: tuple[Item, ...]
    """Rows by rater, in sheet order."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        segments, systems = {segment.id: segment for segment in self.segments}, set(self.systems)
        for segment in self.segments:
            if set(segment.hypotheses) != systems:
                raise ValueError(f"segment {segment.id!r} has not one translation of each of {sorted(systems)}")
        for item in self.items:
            if item.segment not in segments or sorted(item.order) != sorted(systems):
                raise ValueError(f"row {item.id!r} does not fit the segments and systems")
        if len({item.id for item in self.items}) < len(self.items):
            raise ValueError("two rows have the same id")
        return self

    def by_segment(self) -> Mapping[str, Segment]:
        """Return the segments by id."""
        return {segment.id: segment for segment in self.segments}

    def raters(self) -> list[int]:
        """Return the raters' numbers."""
        return sorted({item.rater for item in self.items})


def write_key(path: Path, campaign: Campaign) -> None:
    """Write the key as JSON."""
    write_json(path, campaign.model_dump(mode="json"))


def read_key(path: Path) -> Campaign:
    """Read a key.

    Raises:
        ValueError: the file is not a key, or was changed; names the file and the error.
    """
    try:
        return Campaign.model_validate_json(path.read_bytes())
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(map(str, detail["loc"]))
        raise ValueError(
            f"{path}: not a key as `sheet` writes it: {where + ': ' if where else ''}{detail['msg']}; take the file "
            f"that was written beside the sheets"
        ) from None
