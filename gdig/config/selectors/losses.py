"""Sections of the selectors that compare losses: IFD, SuperFiltering, difference of losses, Nuggets."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gdig.config.section import Commit, Count, Line, Section, Seed, Share
from gdig.config.selectors.rank import Preset
from gdig.config.training import Training

SCORERS = ("base", "warmup", "ifd_model", "seed_model", "small_model")
"""Models whose losses can be taken: the names of their folders below `data/<profile>/`."""

Scorer = Literal[SCORERS]  # type: ignore[valid-type]

Short = Literal["relax", "error"]

Percent = Annotated[float, Field(ge=0, le=100)]


class TokenLosses(Section):
    """The passes over the pool that take losses with the prompt and without."""

    max_tokens: Count
    shard_size: Count


class IfdModel(Section):
    """The pre-experienced model of IFD."""

    preset: Preset
    num_clusters: Count
    per_cluster: Count
    band: Annotated[list[Percent], Field(min_length=2, max_length=2)]
    max_tokens: Count
    training: Training
    seed: Seed

    @model_validator(mode="after")
    def _band_rises(self) -> "IfdModel":
        if self.band[0] >= self.band[1]:
            raise ValueError(f"band must rise, not {self.band}")
        return self


class SeedModel(Section):
    """The base model finetuned on the seeds."""

    seed: Seed


class SmallModel(Section):
    """A small model for SuperFiltering."""

    model: Line
    revision: Commit | None


class OneShot(Section):
    """Candidates as demonstrations in front of anchors."""

    num_anchors: Count
    max_tokens: Count
    shard_size: Count
    seed: Seed


class RankIfd(Section):
    """By the ratio of losses."""

    preset: Preset
    upper: float
    direction: Literal["high", "low"]
    on_short: Short
    seed: Seed


class RankDeltaLoss(Section):
    """By the difference of losses."""

    before: Literal["warmup", "base"]
    relative: bool
    seed: Seed


class RankSuperfiltering(Section):
    """By the ratio of perplexities, and if so wanted spread by facility location."""

    preset: Preset
    scorer: Scorer
    upper: float
    diversity: Literal["none", "facility_location"]
    top_share: Share
    on_short: Short
    seed: Seed
