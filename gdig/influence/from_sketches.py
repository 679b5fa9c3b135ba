"""Influence from sketched gradients: a new seed set or damping is a matrix product, no pass over the pool.

Along the eigenvectors that a sketch K keeps (`gdig.influence.sketch`) the damped inverse is diagonal, such as D_ij =
1 / (s_i a_j + damping), for every kind of curvature and damping. So inner products of whitened sketches, D^(1/2) K,
estimate influence:

    I(z_m, z_t) ~ - sum over linears and ij of  D_ij K_m,ij K_t,ij

Shapes: N candidates, M seeds, K numbers of a sketch, all linears together.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from gdig.curvature.damping import Damping
from gdig.curvature.kfac import Eigenbasis
from gdig.data.prompt import Example
from gdig.influence.probe import Estimate, Trial
from gdig.influence.sketch import sketches, width


def whitening(bases: Mapping[str, Eigenbasis], damping: Damping, rank: int) -> torch.Tensor:
    """Return D_K, the damped inverse curvature along the directions of a sketch."""
    return torch.cat([damping.spectrum(basis)[-rank:, -rank:].flatten() for basis in bases.values()]).cpu()


def estimated_influence(candidates_NK: torch.Tensor, seeds_MK: torch.Tensor, whitening_K: torch.Tensor) -> torch.Tensor:
    """Return the estimate of influence_NM."""
    return -candidates_NK @ (seeds_MK * whitening_K).T


def rank_of(bases: Mapping[str, Eigenbasis], num_numbers: int) -> int:
    """Return the least rank whose sketches have so many numbers."""
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
    """Yield what may agree better than a sketch of this rank: key of the param, its value, and how it estimates."""
    whole = max(max(basis.shape) for basis in bases.values())
    for larger in itertools.takewhile(lambda larger: larger < 2 * whole, (rank * 2**n for n in itertools.count(1))):
        yield "gradients.sketch_rank", larger, estimate(model, bases, damping, larger, max_tokens)
