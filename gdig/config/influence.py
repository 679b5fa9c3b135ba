"""Sections of curvature, gradients and influence."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gdig.config.section import Count, Distinct, Line, Positive, Precision, Section, Seed, Share


class Curvature(Section):
    """(E)K-FAC curvature of the tracked linears."""

    kind: Literal["kfac", "ekfac"]
    dtype: Precision
    layer_step: Count
    linears: Distinct[Line]
    num_examples: Count
    memory_gib: Positive
    max_tokens: Count
    seed: Seed


class Gradients(Section):
    """Projected gradients of the final MLP layer."""

    linear: Line
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
