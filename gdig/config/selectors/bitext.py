"""Sections of selectors by the quality of a pair, and of scores that come from elsewhere."""

from typing import Annotated, Literal

from pydantic import Field

from gdig.config.section import Count, Distinct, Line, Name, Section, Seed

BITEXT = ("external", "tfidf", "dsir")
"""Selectors by such scores. Each has a file `gdig/selectors/bitext/<name>.py`, and a stage `bitext_<name>` that writes
the scores."""

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class ExternalFile(Section):
    """A file of scores, one per pair of the pool."""

    better: Literal["high", "low"]
    """Which scores are of the better pairs."""
    tool: Line
    """What made them, for the record."""
    version: Line
    """Of the tool and its model."""
    licence: Line
    """Of the tool's model, which may bind what is made with it."""


class External(Section):
    """Scores of pairs from elsewhere."""

    scores: FileName
    files: dict[FileName, ExternalFile]


class Dsir(Section):
    """Importance weights of hashed n-grams."""

    num_buckets: Count
    smoothing: Annotated[float, Field(gt=0)]


class Fusion(Section):
    """Rankings that are fused by the places of their pairs."""

    rankings: Distinct[Name]
    method: Literal["borda", "product"]
    seed: Seed
