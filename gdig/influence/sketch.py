"""Sketches: compressed gradients of the pool that give influence on new seeds or with other damping by a matrix
product.

A weight gradient G (O x I) is reduced to its coordinates along the r leading eigenvectors of each curvature factor,

    K = Q_S[:, -r:]^T G Q_A[:, -r:]                                   r x r

computed on the tokens before their outer product, 2 T r (O + I) operations, so that G is never formed. Components
outside the leading directions are lost; with r = max(O, I) the sketch is exact. Random directions, which lose a little
of every component, are much worse at equal size (docs/experiments.md).

In this basis the damped inverse is diagonal for every kind of curvature and damping, such as
D_ij = 1 / (s_i a_j + damping). Inner products of whitened sketches, D^(1/2) K, therefore estimate influence:

    I(z_m, z_t) ~ - sum over linears and ij of  D_ij K_m,ij K_t,ij

Shapes: N candidates, M seeds, R = min(r, O) x C = min(r, I), K numbers of a sketch, all linears together.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch

from gdig.influence.capture import Tap, per_example
from gdig.influence.damping import Damping
from gdig.influence.kfac import Eigenbasis
from gdig.influence.probe import Estimate, Trial
from gdig.lm.prompt import Example


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


def whitening(bases: Mapping[str, Eigenbasis], damping: Damping, rank: int) -> torch.Tensor:
    """Return D_K, the damped inverse curvature along the directions of a sketch."""
    return torch.cat([damping.spectrum(basis)[-rank:, -rank:].flatten() for basis in bases.values()]).cpu()


def estimated_influence(candidates_NK: torch.Tensor, seeds_MK: torch.Tensor, whitening_K: torch.Tensor) -> torch.Tensor:
    """Return the estimate of influence_NM."""
    return -candidates_NK @ (seeds_MK * whitening_K).T


def rank_of(bases: Mapping[str, Eigenbasis], num_numbers: int) -> int:
    """Return the smallest rank whose sketches have this many numbers."""
    shapes = [basis.shape for basis in bases.values()]
    return next(rank for rank in itertools.count(1) if width(shapes, rank) >= num_numbers)


def estimate(model: Any, bases: Mapping[str, Eigenbasis], damping: Damping, rank: int, max_tokens: int) -> Estimate:
    """Return the function that estimates the influence of some examples on some others at a rank."""

    def run(candidates: Sequence[Example], seeds: Sequence[Example]) -> torch.Tensor:
        candidates_NK = sketches(model, candidates, bases, rank, max_tokens)
        seeds_MK = sketches(model, seeds, bases, rank, max_tokens)
        return estimated_influence(candidates_NK, seeds_MK, whitening(bases, damping, rank))

    return run


def larger_ranks(
    model: Any, bases: Mapping[str, Eigenbasis], damping: Damping, rank: int, max_tokens: int
) -> Iterator[Trial]:
    """Yield larger ranks, which may agree better: key of the param, its value, and the estimate."""
    whole = max(max(basis.shape) for basis in bases.values())
    for larger in itertools.takewhile(lambda larger: larger < 2 * whole, (rank * 2**n for n in itertools.count(1))):
        yield "gradients.sketch_rank", larger, estimate(model, bases, damping, larger, max_tokens)
