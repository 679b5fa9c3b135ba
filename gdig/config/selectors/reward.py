"""Sections of reward model, embeddings and MoDS."""

from typing import Literal, Self

from pydantic import model_validator

from gdig.config.ingest import NOISE_KINDS
from gdig.config.section import Commit, Count, Distinct, Line, Section, Seed, Share
from gdig.config.training import Training


class RewardModel(Section):
    """What scores an answer to an instruction."""

    model: Line
    revision: Commit | None
    num_pairs: Count
    num_held_out: Count
    corruptions: Distinct[Literal[NOISE_KINDS]]  # type: ignore[valid-type]
    training: Training
    seed: Seed


class Rewards(Section):
    """The pass of the reward model over the pool."""

    max_tokens: Count
    shard_size: Count


class Embeddings(Section):
    """A sentence embedding of every candidate."""

    model: Line
    revision: Commit | None
    text: Literal["source", "target", "both"]
    max_tokens: Count
    shard_size: Count


class Mods(Section):
    """Quality, coverage and necessity."""

    alpha: float | None
    keep_share: Share | None
    num_coverage: Count
    beta: float | None
    need_share: Share | None
    shard_size: Count
    seed: Seed

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        for value, share in (("alpha", "keep_share"), ("beta", "need_share")):
            if (getattr(self, value) is None) == (getattr(self, share) is None):
                raise ValueError(f"say {value} or {share}, and null for the other")
        return self
