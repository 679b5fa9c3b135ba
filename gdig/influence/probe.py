"""The engine checks itself: some pairs are scored again by the plainest code, and the two must agree.

Shapes: C candidates and M seeds of the probe, I inputs and O outputs of a linear.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from scipy.stats import spearmanr

from gdig.config import Influence
from gdig.curvature.capture import capture
from gdig.curvature.damping import Damping
from gdig.curvature.kfac import Eigenbasis
from gdig.data.prompt import Example
from gdig.influence.score import influence, precondition_seeds
from gdig.influence.seeds import Seeds, precondition
from gdig.order import shuffled


@dataclass(frozen=True, slots=True)
class Agreement:
    """How an estimate of influence agrees with the exact one."""

    num_pairs: int
    sign_agreement: float
    """Share of pairs with equal sign."""
    spearman: float

    def as_json(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        return asdict(self)


def choose(examples: Sequence[Example], count: int, seed: int) -> list[int]:
    """Return positions of a seeded sample, in order."""
    positions = {example.id: position for position, example in enumerate(examples)}
    return sorted(positions[name] for name in shuffled(positions, seed)[:count])


def probe_sizes(num_pairs: int, num_candidates: int, num_seeds: int) -> tuple[int, int]:
    """Return how many candidates and seeds the probe takes: as many of each, where there are as many."""
    seeds = min(math.isqrt(num_pairs), num_seeds)
    return min(math.ceil(num_pairs / max(seeds, 1)), num_candidates), seeds


def exact_influence(
    model: Any,
    candidates: Sequence[Example],
    seeds: Sequence[Example],
    bases: Mapping[str, Eigenbasis],
    damping: Damping,
) -> torch.Tensor:
    """Return influence_CM from whole weight gradients, captured one example at a time, in float64 from there on."""
    taps = [capture(model, list(bases), [example]) for example in (*candidates, *seeds)]
    total_CM = torch.zeros(len(candidates), len(seeds), dtype=torch.float64)
    for name, basis in bases.items():
        gradients_OI = [tap[name].weight_gradients()[0] for tap in taps]
        preconditioned_MOI = precondition(
            torch.stack(gradients_OI[len(candidates) :]), basis, damping.spectrum(basis)
        ).double()
        for row, gradient_OI in enumerate(gradients_OI[: len(candidates)]):
            total_CM[row] -= (preconditioned_MOI * gradient_OI).sum(dim=(1, 2)).cpu()
    return total_CM


def agreement(estimate_CM: torch.Tensor, exact_CM: torch.Tensor) -> Agreement:
    """Compare an estimate with the exact influence."""
    signs = ((estimate_CM < 0) == (exact_CM < 0)).double().mean().item()
    rank = 1.0 if exact_CM.numel() < 2 else float(spearmanr(estimate_CM.flatten(), exact_CM.flatten()).statistic)
    return Agreement(exact_CM.numel(), signs, rank)


def check(
    model: Any,
    exact_model: Any,
    candidates: Sequence[Example],
    seeds: Sequence[Example],
    bases: Mapping[str, Eigenbasis],
    damping: Damping,
    routes: Mapping[str, str],
    seed_gradients: Mapping[str, Seeds],
    settings: Influence,
) -> Agreement:
    """Score a seeded sample of pairs as the pass will and exactly, and return how the two agree.

    Args:
        model: theta_T as the pass runs it.
        exact_model: the same in float32.
        candidates: the whole pool.
        seeds: all seeds, in the order of `seed_gradients`.
        bases: curvature, by name of the linear.
        damping: how it is inverted.
        routes: route of every linear.
        seed_gradients: the seeds as the pass contracts them.
        settings: size and seed of the probe, and the agreement asked for.

    Raises:
        ValueError: too few signs agree; says which route, rank or precision would do.
    """
    num_candidates, num_seeds = probe_sizes(settings.probe, len(candidates), len(seeds))
    rows = choose(candidates, num_candidates, settings.seed)
    columns = choose(seeds, num_seeds, settings.seed)
    few_candidates, few_seeds = [candidates[row] for row in rows], [seeds[column] for column in columns]
    exact_CM = exact_influence(exact_model, few_candidates, few_seeds, bases, damping)
    found = agreement(influence(model, few_candidates, seed_gradients, settings.max_tokens)[:, columns], exact_CM)
    if found.sign_agreement >= settings.min_agreement:
        return found

    def would_do(routes: Mapping[str, str], settings: Influence) -> bool:
        few_gradients = precondition_seeds(model, few_seeds, bases, damping, routes, settings)
        estimate_CM = influence(model, few_candidates, few_gradients, settings.max_tokens)
        return agreement(estimate_CM, exact_CM).sign_agreement >= settings.min_agreement

    mends = []
    exact_route = "hybrid" if damping.inverse == "factored" else "dense"
    if "low_rank" in routes.values():
        largest = max(min(len(basis.s_O), len(basis.a_I)) for basis in bases.values())
        ranks = itertools.takewhile(lambda rank: rank < largest, (settings.rank * 2**n for n in itertools.count(1)))
        trials = (settings.model_copy(update={"rank": rank}) for rank in ranks)
        if enough := next((trial.rank for trial in trials if would_do(routes, trial)), None):
            mends.append(f"influence.rank = {enough}")
    exact_routes = dict.fromkeys(bases, exact_route)
    if "low_rank" in routes.values() and would_do(exact_routes, settings):
        mends.append(f"influence.route = {exact_route}")
    precise = settings.model_copy(update={"precision": "float32"})
    if settings.precision != "float32" and would_do(routes, precise):
        mends.append("influence.precision = float32")
    advice = f"enough here: {' or '.join(mends)}" if mends else "try curvature.dtype = float32"
    raise ValueError(
        f"on a probe of {found.num_pairs} pairs {found.sign_agreement:.1%} of the signs of influence agree with the "
        f"exact ones (Spearman {found.spearman:.3f}), fewer than influence.min_agreement = "
        f"{settings.min_agreement:.1%}; {advice}"
    )
