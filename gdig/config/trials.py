"""Sections of training runs beside the cells."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from gdig.config.section import Count, Section, Seed, Share


class Lds(Section):
    """Retraining on random subsets of a part of the pool."""

    num_pairs: Count
    num_subsets: Annotated[int, Field(ge=3)]
    subset_share: Share
    seeds: Annotated[list[Seed], Field(min_length=1)]
    max_tokens: Count
    shard_size: Count
    seed: Seed


class Trials(Section):
    """Finetuning on the first pairs of every ranking, without checkpoints."""

    seeds: Annotated[list[Seed], Field(min_length=1)]
    max_tokens: Count

    @model_validator(mode="after")
    def _seeds_differ(self) -> Self:
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"trials.seeds must not repeat: {self.seeds}")
        return self
