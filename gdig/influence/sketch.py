"""Small gradients of the pool, from which influence is estimated again and again: see `from_sketches`.

A weight gradient G (O x I) is cut to its coordinates along the r leading eigenvectors of each curvature factor,

    K = Q_S[:, -r:]^T G Q_A[:, -r:]                                   r x r

which is done to the tokens before their outer product, 2 T r (O + I) operations, so that G is never formed. What lies
outside of the leading directions is lost; with r = max(O, I) nothing is. Random directions, which lose a little of
everything, do much worse at equal size (docs/experiments.md).

Shapes: N examples, R = min(r, O) x C = min(r, I), K numbers of a sketch, all linears together.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from gdig.curvature.capture import Tap, per_example
from gdig.curvature.kfac import Eigenbasis
from gdig.data.prompt import Example


def sketches(
    model: Any, examples: Sequence[Example], bases: Mapping[str, Eigenbasis], rank: int, max_tokens: int
) -> torch.Tensor:
    """Return sketches_NK of the examples' gradients, float32 or better, on the CPU."""

    def cut(taps: dict[str, Tap]) -> torch.Tensor:
        parts = [
            (tap.gradient_BTO @ bases[name].q_s_OO[:, -rank:]).mT @ (tap.input_BTI @ bases[name].q_a_II[:, -rank:])
            for name, tap in taps.items()
        ]
        return torch.cat([part_BRC.flatten(1) for part_BRC in parts], dim=1)

    return per_example(model, list(bases), examples, max_tokens, cut)


def width(shapes: Iterable[tuple[int, int]], rank: int) -> int:
    """Return K for linears of these shapes (O, I)."""
    return sum(min(rank, outputs) * min(rank, inputs) for outputs, inputs in shapes)
