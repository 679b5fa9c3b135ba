"""Sections of the measurement of influence against retraining."""

from typing import Annotated

from pydantic import Field

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
