"""Sections of the selection and of its evaluation: quality, diversity, rankings, finetuning, scores, report."""

from typing import Annotated, Literal

from pydantic import Field

from gdig.config.models import Memory, Training
from gdig.config.section import Count, Name, Positive, Precision, Section, Seed


class Quality(Section):
    """Equation 4 and its relaxation."""

    min_survivors: Count | None


class Diversity(Section):
    """K-means clusters of the survivors."""

    num_clusters: Count
    min_cluster_size: Count
    normalise: bool
    seed: Seed


class RankSeed(Section):
    """A selector that needs a seed for its order or its ties."""

    seed: Seed


class RankLoss(RankSeed):
    """A selector that makes one forward pass over the pool."""

    max_tokens: Count


class RankGdigQuality(RankSeed):
    """Order within the survivors."""

    order: Literal["mean_influence", "random"]


class Finetune(Section):
    """Finetuning of each subset from the base model, once per seed."""

    training: Training
    memory: Memory
    eval_steps: Count
    resume_steps: Count | None
    max_tokens: Count
    seeds: Annotated[list[Seed], Field(min_length=1)]


class Translate(Section):
    """Decoding of the evaluation split."""

    split: Literal["valid", "test"]
    backend: Literal["transformers", "ctranslate2"]
    dtype: Precision
    num_beams: Count
    length_penalty: float
    max_tokens: Count
    max_length_ratio: Positive
    max_length_extra: Count


class Significance(Section):
    """Intervals and tests."""

    num_samples: Annotated[int, Field(ge=100)]
    confidence: Annotated[float, Field(ge=0.5, lt=1)]
    seed: Seed


class Efficiency(Section):
    """How selectors are compared as the survey compares them."""

    baseline: Literal["random", "anchors"]
    x: Literal["log", "linear"]
    point: Literal["best", "each"]
    tie_margin: Annotated[float, Field(ge=0, lt=100)]


class Report(Section):
    """What the report compares."""

    focus: Name
    baseline: Name
    efficiency: Efficiency
