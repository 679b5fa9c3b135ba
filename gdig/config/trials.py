"""Sections of training runs beside the cells."""

from typing import Annotated

from pydantic import Field

from gdig.config.section import Count, Distinct, Section, Seed, Share


class Lds(Section):
    """Retraining on random subsets of a part of the pool."""

    num_pairs: Count
    num_subsets: Annotated[int, Field(ge=3)]
    subset_share: Share
    seeds: Distinct[Seed]
    max_tokens: Count
    shard_size: Count
    seed: Seed


class Trials(Section):
    """Finetuning on the first pairs of every ranking, without checkpoints."""

    seeds: Distinct[Seed]
    max_tokens: Count
