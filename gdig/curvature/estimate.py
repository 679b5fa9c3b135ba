"""The curvature of a model at its tracked linears, of either kind, in its eigenbases."""

from collections.abc import Sequence
from typing import Any, Literal

from gdig.curvature.capture import Tap
from gdig.curvature.ekfac import corrected
from gdig.curvature.kfac import Eigenbasis, eigenbases, factors
from gdig.data.prompt import Example
from gdig.model.layers import linear_shape

BYTES_FLOAT32 = 4


def curvature(
    model: Any,
    names: Sequence[str],
    examples: Sequence[Example],
    *,
    kind: Literal["kfac", "ekfac"],
    max_tokens: int,
    memory_gib: float,
) -> dict[str, Eigenbasis]:
    """Return the curvature of the named linears over the examples.

    EK-FAC looks at every example twice; what the first look saw is kept where it fits `memory_gib`.
    """
    if kind == "kfac":
        return eigenbases(factors(model, names, examples, max_tokens))
    numbers_a_token = sum(sum(linear_shape(model, name)) for name in names)
    num_bytes = BYTES_FLOAT32 * numbers_a_token * sum(len(example.tokens) for example in examples)
    kept: list[dict[str, Tap]] | None = [] if num_bytes <= memory_gib * 2**30 else None
    bases = eigenbases(factors(model, names, examples, max_tokens, kept))
    return corrected(model, bases, examples, max_tokens, kept)
