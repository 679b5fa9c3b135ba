"""Gains of selectors over random choice and over the best cheap control, with intervals over pools."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from gdig.report.gains.intervals import Interval, t_interval

ALL = "all"
"""Stands for all noise kinds of the profile."""

RANDOM = "random"
CONTROLS = (RANDOM, "loss", "base_loss")
"""Selectors that cost at most one forward pass over the pool."""
FULL = "full"

Scores = Mapping[str, Mapping[int, float]]
"""Selector -> pool -> score, the mean over training seeds."""


@dataclass(frozen=True)
class Cell:
    """All selectors at one noise rate, kind and budget."""

    rate: float
    kind: str
    budget: int
    num_pools: int
    scores: Mapping[str, Interval]
    """Over pools by selector, with the full pool, which is the same at every budget."""
    over_random: Mapping[str, Interval]
    """Mean over pools of the difference in a pool; empty without random."""
    control: str | None
    """The control with the best mean over pools."""
    differences: Mapping[str, Mapping[int, float]]
    """From that control in each pool, by selector."""
    over_control: Mapping[str, Interval]


def cells_of(runs: Sequence[Mapping[str, Any]], metric: str, controls: Sequence[str] = CONTROLS) -> list[Cell]:
    """Return the cells of a grid: by rate, kind and budget, in the order of the rows, budgets rising.

    Args:
        runs: rows of runs, as `gdig.tools.evidence.collect` writes them.
        metric: key of a score, or of a loss, of which less is better.
        controls: selectors of which the best in each cell is compared with.
    """
    best = min if metric.endswith("loss") else max
    values: dict[tuple[float, str], dict[tuple[str, int], dict[int, list[float]]]] = {}
    for run in runs:
        own = values.setdefault((run["rate"], run["kind"]), defaultdict(lambda: defaultdict(list)))
        own[run["selector"], run["budget"]][run["pool"]].append(run[metric])
    cells = []
    for (rate, kind), own in values.items():
        means = {key: {pool: fmean(seeds) for pool, seeds in pools.items()} for key, pools in own.items()}
        # The full pool is of another size in each pool.
        full = {pool: score for (name, _), pools in means.items() if name == FULL for pool, score in pools.items()}
        for budget in sorted({budget for name, budget in means if name != FULL}):
            scores = {name: pools for (name, of), pools in means.items() if of == budget and name != FULL}
            scores |= {FULL: full} if full else {}
            over = {name: t_interval(list(pools.values())) for name, pools in scores.items()}
            control = best((c for c in controls if c in scores), key=lambda name: over[name].mean, default=None)
            cells.append(_cell(rate, kind, budget, scores, over, control))
    return cells


def _cell(
    rate: float,
    kind: str,
    budget: int,
    scores: Scores,
    over_pools: Mapping[str, Interval],
    control: str | None,
) -> Cell:
    differences = _differences(scores, control)
    return Cell(
        rate=rate,
        kind=kind,
        budget=budget,
        num_pools=len({pool for pools in scores.values() for pool in pools}),
        scores=over_pools,
        over_random=_intervals(_differences(scores, RANDOM if RANDOM in scores else None)),
        control=control,
        differences=differences,
        over_control=_intervals(differences),
    )


def _differences(scores: Scores, reference: str | None) -> dict[str, dict[int, float]]:
    """A difference in each pool: what pools have in common does not widen the interval."""
    if reference is None:
        return {}
    base = scores[reference]
    return {
        name: {pool: score - base[pool] for pool, score in pools.items() if pool in base}
        for name, pools in scores.items()
        if name != reference
    }


def _intervals(differences: Scores) -> dict[str, Interval]:
    return {name: t_interval(list(pools.values())) for name, pools in differences.items() if pools}
