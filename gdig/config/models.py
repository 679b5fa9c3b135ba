"""Sections of the models and of what is measured on them: base, warm-up, curvature, gradients, influence."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gdig.config.section import Commit, Count, Positive, Precision, Section, Seed, Share

HUB_ID = r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?"


class Scratch(Section):
    """A small Llama trained from scratch."""

    vocab_size: Annotated[int, Field(ge=300)]
    hidden_size: Count
    intermediate_size: Count
    num_layers: Count
    num_heads: Count
    num_parallel: Count


class Training(Section):
    """One training run: AdamW with linear warm-up, and what the rate does from then on."""

    learning_rate: Positive
    batch_size: Count
    epochs: Positive
    min_steps: Annotated[int, Field(ge=0)]
    warmup_share: Share
    schedule: Literal["linear", "cosine", "constant"]
    weight_decay: Annotated[float, Field(ge=0)]


class Lora(Section):
    """Low-rank adapters in place of whole weights."""

    rank: Count
    """Rank of the product of the two matrices of an adapter."""
    alpha: Positive
    """An adapter is scaled by alpha / rank."""
    dropout: Annotated[float, Field(ge=0, lt=1)]
    """Share of an adapter's inputs that are dropped in training."""
    targets: Annotated[list[str], Field(min_length=1)]
    """Linears that have an adapter, by the last part of their names."""


class Memory(Section):
    """How a training run is made to fit its devices."""

    dtype: Precision
    per_device_batch_size: Count | None
    gradient_checkpointing: bool
    lora: Lora | None


class Base(Section):
    """The model that everything starts from."""

    model: str
    revision: Commit | None
    scratch: Scratch
    training: Training
    num_threads: Count | None
    seed: Seed

    @model_validator(mode="after")
    def _revision_is_of_the_hub(self) -> Self:
        if self.revision is not None and (self.model == "scratch" or not re.fullmatch(HUB_ID, self.model)):
            raise ValueError(
                f"revision is the commit of a model of the hub, but model = {self.model!r} is none; "
                f"set revision to null"
            )
        return self


class Warmup(Section):
    """theta_T: the base model finetuned on the noisy pool."""

    pool_share: Annotated[float, Field(gt=0, le=1)]
    training: Training
    memory: Memory
    resume_steps: Count | None
    seed: Seed


class Curvature(Section):
    """(E)K-FAC curvature of the tracked linears."""

    kind: Literal["kfac", "ekfac"]
    dtype: Precision
    layer_step: Count
    linears: Annotated[list[str], Field(min_length=1)]
    num_examples: Count
    memory_gib: Positive
    max_tokens: Count
    seed: Seed


class Gradients(Section):
    """Projected gradients of the final MLP layer."""

    linear: str
    dim: Count
    projection: Literal["auto", "dense", "kronecker"]
    memory_gib: Positive
    shard_size: Count
    max_tokens: Count
    seed: Seed
    sketch_rank: Annotated[int, Field(ge=0)]


class Influence(Section):
    """Influence of every candidate on every seed."""

    estimator: Literal["exact", "sketch"]
    damping: Literal["relative", "fixed", "lemma"]
    damping_value: Positive | None
    inverse: Literal["eigen", "factored"]
    route: Literal["auto", "dense", "hybrid", "token_pairs", "low_rank"]
    rank: Count
    precision: Precision
    memory_gib: Positive
    max_passes: Count
    probe: Count
    min_agreement: Share
    shard_size: Count
    max_tokens: Count
    seed: Seed

    @model_validator(mode="after")
    def _route_fits_inverse(self) -> Self:
        if self.inverse == "factored" and self.damping == "lemma":
            raise ValueError("inverse 'factored' cannot be had with damping 'lemma'; use inverse 'eigen'")
        if self.inverse == "eigen" and self.route in ("hybrid", "token_pairs"):
            raise ValueError(
                f"route {self.route!r} applies the inverse to tokens, which needs inverse 'factored'; with 'eigen' use "
                f"'auto', 'dense' or 'low_rank'"
            )
        return self

    @model_validator(mode="after")
    def _value_fits_kind(self) -> Self:
        if (self.damping == "lemma") != (self.damping_value is None):
            raise ValueError(
                "damping_value must be null for damping 'lemma' (the warm-up gives eta and T), a number otherwise"
            )
        return self
