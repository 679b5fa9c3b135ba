"""Sections of the selectors that aim at the seeds: LESS, RDS+ and TSDS."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gdig.config.section import Count, Positive, Precision, Section, Seed
from gdig.config.selectors.rank import Preset, RankSeed
from gdig.config.training import Lora, Training


class AdapterMemory(Section):
    """As `Memory`, of a run that trains adapters in any case."""

    dtype: Precision
    per_device_batch_size: Count | None
    gradient_checkpointing: bool


class LessWarmup(Section):
    """Adapters trained on a share of the pool, kept after every epoch with the moments of Adam."""

    pool_share: Annotated[float, Field(gt=0, le=1)]
    lora: Lora
    training: Training
    memory: AdapterMemory
    resume_steps: Count | None
    seed: Seed

    @model_validator(mode="after")
    def _whole_epochs(self) -> Self:
        if self.training.epochs != round(self.training.epochs):
            raise ValueError(
                f"training.epochs = {self.training.epochs}, but a checkpoint is kept after every epoch; take a whole "
                f"number"
            )
        return self


class LessGradients(Section):
    """Projected gradients of those adapters, of pool and seeds."""

    preset: Preset
    optimizer: Literal["adam", "sgd"]
    dim: Count
    projection: Literal["rademacher", "hashed"]
    memory_gib: Positive
    shard_size: Count
    max_tokens: Count
    seed: Seed


Rule = Literal["max", "turns"]
"""How several targets make one ranking: by the one that a pair serves best, or each takes its best in turn (arXiv
2602.14696)."""


class RankLess(RankSeed):
    """Influence on seeds that are taken together."""

    seed_gradients: Literal["each", "mean"]
    subtasks: Literal["one", "origin", "seed"]
    rule: Rule


class RankCraft(RankSeed):
    """Clusters of sources, each with its share of the seeds."""

    num_clusters: Count


class RankRds(RankSeed):
    """Similarity of representations to the seeds'."""

    rule: Rule


class Representations(Section):
    """Weighted mean of the base model's last hidden states, of pool and seeds."""

    max_tokens: Count
    shard_size: Count


class RankTsds(RankSeed):
    """Optimal transport from seeds to candidates, held against near-duplicates."""

    alpha: Annotated[float, Field(gt=0, lt=1)]
    scale: Positive
    width: Annotated[float, Field(ge=0)]
    num_neighbours: Annotated[int, Field(ge=2)]
    order: Literal["sample", "probability"]
