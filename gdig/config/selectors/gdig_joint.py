"""Sections of the estimate of which pairs are sound, and of the selector that builds on it."""

from typing import Annotated, Literal

from pydantic import Field

from gdig.config.ingest import NATURAL_KINDS, NOISE_KINDS
from gdig.config.section import Count, Distinct, Positive, Section, Seed, Share


class Controls(Section):
    """Seeds, and corrupted copies of them."""

    kinds: Distinct[Literal[*NOISE_KINDS, *NATURAL_KINDS]]  # type: ignore[valid-type]
    copies: Count
    max_tokens: Count
    seed: Seed


class Cleanliness(Section):
    """The fit to the controls, and what it says of the pool."""

    ridge: Positive
    num_samples: Count
    confidence: Annotated[float, Field(gt=0, lt=1)]
    seed: Seed


class RankGdigJoint(Section):
    """Sound pairs that are unlike each other."""

    min_probability: Share
    weight: Annotated[float, Field(ge=0)]
    ridge: Positive
    seed: Seed
