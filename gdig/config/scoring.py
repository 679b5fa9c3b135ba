"""Sections of the scores: learned metrics, and translations of systems that were not trained here."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gdig.config.section import Commit, Count, Line, Name, Section


class Comet(Section):
    """A COMET model."""

    model: Line
    """Id on the hub, or local folder."""
    revision: Commit | None
    """Commit of the hub; null for a folder, or for what the cache has."""
    batch_size: Count
    """Segments scored at once."""
    precision: Literal["float16", "float32"]
    """Precision of the model."""


class Bleurt(Section):
    """A BLEURT model."""

    model: Line
    """Id on the hub, or local folder."""
    revision: Commit | None
    """Commit of the hub; null for a folder, or for what the cache has."""
    batch_size: Count
    """Segments scored at once."""


class Score(Section):
    """Learned metrics, beside BLEU and chrF."""

    comet: Comet | None
    bleurt: Bleurt | None

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of all metrics of single segments' translations, in the order in which they are told."""
        learned = [name for name, used in (("comet", self.comet), ("bleurt", self.bleurt)) if used is not None]
        return ("bleu", "chrf", *learned)


OfSets = Line | Annotated[dict[Name, Line], Field(min_length=1)]
"""One for all test sets together, or one a test set."""


class ExternalSystem(Section):
    """Translations of the test sets by a system that was not trained here; `sha256` may also be left out."""

    name: Line
    """Name in the report."""
    hypotheses: OfSets
    """A file of all test sets, one after the other, or one for each: {test set: file}."""
    sha256: OfSets | None = None
    """Of the files, in the same form; they are checked."""

    @model_validator(mode="after")
    def _one_hash_a_file(self) -> Self:
        keys, hashes = (set(value) if isinstance(value, dict) else None for value in (self.hypotheses, self.sha256))
        if self.sha256 is not None and keys != hashes:
            raise ValueError(f"system {self.name!r}: sha256 must have the form of hypotheses, one for each file")
        return self
