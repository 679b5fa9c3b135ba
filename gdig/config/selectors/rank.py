"""Sections of core rankings."""

from typing import Literal

from gdig.config.section import Count, Section, Seed

Preset = Literal["own", "published"]
"""Whose choices hold where a selector's paper or released code and this project differ; docs/selectors.md has each."""


class RankSeed(Section):
    """A selector that needs a seed for its order or its ties."""

    seed: Seed


class RankLoss(RankSeed):
    """A selector that makes one forward pass over the pool."""

    max_tokens: Count


class RankGdigQuality(RankSeed):
    """Order within the survivors."""

    order: Literal["mean_influence", "random"]
