"""Self-check: score a sample of pairs again with straightforward code, and require agreement.

Shapes: C candidates and M seeds of the probe, I inputs and O outputs of a linear.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from scipy.stats import spearmanr

from gdig.config import Influence
from gdig.influence.capture import capture
from gdig.influence.damping import Damping
from gdig.influence.kfac import Eigenbasis
from gdig.influence.score import influence, precondition_seeds
from gdig.influence.seed_gradients import precondition
from gdig.io.order import shuffled
from gdig.lm.prompt import Example

Estimate = Callable[[Sequence[Example], Sequence[Example]], torch.Tensor]
"""Maps candidates and seeds to their influence_CM."""
Trial = tuple[str, Any, Estimate]
"""Key of a param, a value for it, and the estimate with that value."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of an influence estimate with the exact influence."""

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
    """Return the numbers of candidates and seeds of the probe: equal, if there are enough of both."""
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
    """Compare an estimate with the exact influence.

    Raises:
        ValueError: one of them holds what is no number.
    """
    for what, found_CM in (("the estimate", estimate_CM), ("exact influence", exact_CM)):
        if bad := int((~torch.isfinite(found_CM)).sum()):
            raise ValueError(
                f"probe: {what} is no number for {bad} of {found_CM.numel()} pairs; take curvature.dtype = float32, a "
                f"larger influence.damping_value, or a lower warmup.training.learning_rate"
            )
    signs = ((estimate_CM < 0) == (exact_CM < 0)).double().mean().item()
    values = estimate_CM.flatten(), exact_CM.flatten()
    # Of equal values there is no rank correlation.
    constant = any(bool((value == value[0]).all()) for value in values)
    rank = float(spearmanr(*values).statistic) if not constant else float(len(values[0]) < 2 or torch.equal(*values))
    return Agreement(exact_CM.numel(), signs, rank)


def check_agreement(
    exact_model: Any,
    candidates: Sequence[Example],
    seeds: Sequence[Example],
    bases: Mapping[str, Eigenbasis],
    damping: Damping,
    settings: Influence,
    estimate: Estimate,
    trials: Iterable[Trial],
) -> Agreement:
    """Score a seeded sample of pairs like the pass and exactly, and return their agreement.

    Args:
        exact_model: theta_T in float32.
        candidates: the whole pool.
        seeds: the seeds that `estimate` supports.
        bases: curvature, by name of the linear.
        damping: damping of its inverse.
        settings: size and seed of the probe, and the required agreement.
        estimate: the scoring of the pass.
        trials: alternatives; tried only if too few signs agree, and per key until one suffices.

    Raises:
        ValueError: too few signs agree; names the trials that suffice.
    """
    num_candidates, num_seeds = probe_sizes(settings.probe, len(candidates), len(seeds))
    few_candidates = [candidates[row] for row in choose(candidates, num_candidates, settings.seed)]
    few_seeds = [seeds[column] for column in choose(seeds, num_seeds, settings.seed)]
    exact_CM = exact_influence(exact_model, few_candidates, few_seeds, bases, damping)
    found = agreement(estimate(few_candidates, few_seeds), exact_CM)
    if found.sign_agreement >= settings.min_agreement:
        return found
    remedies: dict[str, Any] = {}
    for key, value, trial in trials:
        if key not in remedies:
            other = agreement(trial(few_candidates, few_seeds), exact_CM)
            if other.sign_agreement >= settings.min_agreement:
                remedies[key] = value
    would_do = " or ".join(f"{key} = {value}" for key, value in remedies.items())
    raise ValueError(
        f"on a probe of {found.num_pairs} pairs {found.sign_agreement:.1%} of the signs of influence agree with the "
        f"exact ones (Spearman {found.spearman:.3f}), fewer than influence.min_agreement = "
        f"{settings.min_agreement:.1%}; "
        + (f"enough here: {would_do}" if remedies else "try curvature.dtype = float32")
    )


def other_routes(
    model: Any,
    bases: Mapping[str, Eigenbasis],
    damping: Damping,
    routes: Mapping[str, str],
    settings: Influence,
) -> Iterator[Trial]:
    """Yield alternatives that may agree better than these routes: larger ranks, the exact route, higher precision."""

    def scoring(routes: Mapping[str, str], settings: Influence) -> Estimate:
        def run(candidates: Sequence[Example], seeds: Sequence[Example]) -> torch.Tensor:
            prepared = precondition_seeds(model, seeds, bases, damping, routes, settings)
            return influence(model, candidates, prepared, settings.max_tokens)

        return run

    if "low_rank" in routes.values():
        largest = max(min(basis.shape) for basis in bases.values())
        ranks = itertools.takewhile(lambda rank: rank < largest, (settings.rank * 2**n for n in itertools.count(1)))
        for rank in ranks:
            yield "influence.rank", rank, scoring(routes, settings.model_copy(update={"rank": rank}))
        exact_route = "hybrid" if damping.inverse == "factored" else "dense"
        yield "influence.route", exact_route, scoring(dict.fromkeys(bases, exact_route), settings)
    if settings.precision != "float32":
        precise = settings.model_copy(update={"precision": "float32"})
        yield "influence.precision", "float32", scoring(routes, precise)
