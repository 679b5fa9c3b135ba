"""Sections of training runs."""

from typing import Annotated, Literal

from pydantic import Field

from gdig.config.section import Count, Distinct, Line, Positive, Precision, Section, Seed, Share


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
    targets: Distinct[Line]
    """Linears that have an adapter, by the last part of their names."""


class Memory(Section):
    """How a training run is made to fit its devices."""

    dtype: Precision
    per_device_batch_size: Count | None
    gradient_checkpointing: bool
    lora: Lora | None


class Warmup(Section):
    """theta_T: the base model finetuned on the noisy pool."""

    pool_share: Annotated[float, Field(gt=0, le=1)]
    training: Training
    memory: Memory
    resume_steps: Count | None
    seed: Seed


class Finetune(Section):
    """Finetuning of each subset from the base model, once per seed."""

    training: Training
    memory: Memory
    eval_steps: Count
    resume_steps: Count | None
    max_tokens: Count
    seeds: Distinct[Seed]
