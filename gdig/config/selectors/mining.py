"""Sections of the selectors that regress on finetuning runs: indicators, runs, InstructionGPT-4."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gdig.config.section import Count, Distinct, Positive, Section, Seed

INDICATORS = (
    "reward", "loss", "unconditional_loss", "src_characters", "trg_characters", "src_tokens", "trg_tokens",
    "length_ratio", "mtld", "distinct_tokens", "copied", "neighbour_distance", "similarity",
)  # fmt: skip


MAX_HEADS = 64
"""Heads that a message names at most."""


class Indicators(Section):
    """Indicators of every candidate that need no training."""

    neighbour: Count
    num_references: Count | None
    max_tokens: Count
    shard_size: Count
    seed: Seed


class Regression(Section):
    """Finetuning runs on subsets of the pool, and the linear rule that is fitted to them."""

    indicators: Distinct[Literal[INDICATORS]]  # type: ignore[valid-type]
    num_bins: Annotated[int, Field(ge=2)]
    num_random: Count
    subset_size: Count
    ridge: Annotated[float, Field(ge=0)]
    seed: Seed


class InstructionGpt4(Section):
    """The regressor of InstructionGPT-4."""

    regressor: Literal["attention", "mlp", "ols"]
    num_components: Count
    num_heads: Count
    epochs: Count
    learning_rate: Positive
    num_contexts: Count
    seed: Seed

    @model_validator(mode="after")
    def _heads_divide_features(self) -> Self:
        features = self.num_components + 4
        if self.regressor == "attention" and features % self.num_heads:
            fitting = ", ".join(str(heads) for heads in range(1, min(features, MAX_HEADS) + 1) if not features % heads)
            raise ValueError(
                f"num_heads = {self.num_heads} does not divide the {features} features of a pair "
                f"(num_components + 4); take one of {fitting}"
            )
        return self


class InstructionGpt4Clusters(Section):
    """The clusters whose quotas InstructionGPT-4 fills."""

    kind: Literal["spectral", "kmeans"]
    num_clusters: Annotated[int, Field(ge=2)]
    num_neighbours: Count
    max_points: Count
    seed: Seed
