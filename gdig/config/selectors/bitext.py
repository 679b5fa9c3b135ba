"""Sections of selectors by the quality of a pair, and of scores that come from elsewhere."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gdig.config.lm import require_both_sides
from gdig.config.scoring import Comet
from gdig.config.section import Commit, Count, Distinct, Line, Name, Section, Seed, distinct_by

BITEXT = ("external", "comet_qe", "similarity", "dual_ce", "dsir")
"""Selectors by scores that a stage `bitext_<name>` writes; each has a file `gdig/selectors/bitext/<name>.py`."""

CHOSEN_ANEW = ("gdig", "gdig_joint")
"""Selectors that choose anew among the pairs that no filter drops; of others the ranking is cut."""

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class ExternalFile(Section):
    """A file of scores, one per pair of the pool."""

    name: FileName
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
    files: Annotated[list[ExternalFile], distinct_by("name")]


class Dsir(Section):
    """Importance weights of hashed n-grams."""

    num_buckets: Count
    smoothing: Annotated[float, Field(gt=0)]


class Fusion(Section):
    """Rankings that are fused by the places of their pairs."""

    rankings: Distinct[Name]
    method: Literal["borda", "product"]
    seed: Seed


class DualCe(Section):
    """Cross-entropies of both directions under the base model."""

    reverse_template: str

    @model_validator(mode="after")
    def _has_both_sides(self) -> Self:
        require_both_sides("reverse_template", self.reverse_template)
        return self


class CometQe(Comet):
    """A reference-free COMET model over the pool."""

    shard_size: Count


class Similarity(Section):
    """Similarity of the two sides under a multilingual encoder."""

    model: Line
    revision: Commit | None
    prefix: str
    margin: Literal["none", "ratio"]
    num_neighbours: Count
    max_tokens: Count
    shard_size: Count


class FilterScore(Section):
    """A ranking whose last pairs are no candidates."""

    ranking: Name
    drop_share: Annotated[float, Field(ge=0, lt=1)]
    """Of the pool."""
    min_score: float | None
    """In place of a share: the least score of a candidate."""

    @model_validator(mode="after")
    def _one_cut(self) -> Self:
        if self.drop_share and self.min_score is not None:
            raise ValueError(
                f"{self.ranking!r} has drop_share and min_score; set drop_share to 0, or min_score to null"
            )
        return self


class Filter(Section):
    """What is filtered out in front of selectors."""

    scores: Annotated[list[FilterScore], Field(min_length=1), distinct_by("ranking")]
    rankings: Distinct[Name]
    num_samples: Count
    seed: Seed
