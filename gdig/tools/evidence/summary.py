"""Summary table of a grid for one selector: all scores, and its gains.

Cells of one grid share their pools, so that they are no independent tests: p values of its cells are corrected by Holm,
which holds under any dependence, and the rows of all noise rates take the mean over rates within each pool first.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from gdig.labels import calibration_error
from gdig.report.display import label_of, title_of
from gdig.report.gains.cells import ALL, Cell
from gdig.report.gains.intervals import CONFIDENCE, Interval, gain_text, t_interval
from gdig.significance.correction import holm

ALPHA = 1 - CONFIDENCE
Table = tuple[str, list[str], list[list[str]]]
"""Title, header, rows."""


def summary(cells: Sequence[Cell], metric: str, selector: str) -> Table:
    """Return one row per noise rate, kind and budget: mean scores over pools, and the selector's gains with intervals.

    Gains are bold that hold at 5% after Holm's correction over the cells of their column. With several rates, a row per
    budget follows: the gain over the best control of each rate, averaged within a pool.

    Raises:
        ValueError: the grid does not have that selector.
    """
    names = list(dict.fromkeys(name for cell in cells for name in cell.scores))
    if selector not in names:
        raise ValueError(f"the grid has no selector {selector!r}; it has {', '.join(names)}")
    digits = 2 if metric.endswith("loss") else 1
    over_random = _gains(
        {n: cell.over_random[selector] for n, cell in enumerate(cells) if selector in cell.over_random}, digits
    )
    over_control = _gains(
        {n: cell.over_control[selector] for n, cell in enumerate(cells) if selector in cell.over_control}, digits
    )
    header = ["noise", "pairs", *map(label_of, names), "over random", "over the best control"]
    rows = [
        [
            _noise(cell.rate, cell.kind),
            f"{cell.budget:,}",
            *(f"{cell.scores[name].mean:.{digits}f}" if name in cell.scores else "" for name in names),
            over_random.get(number, ""),
            over_control.get(number, "") + (f" ({label_of(cell.control)})" if cell.control else ""),
        ]
        for number, cell in enumerate(cells)
    ]
    pooled = _gains(_over_rates(cells, selector), digits)
    rows += [["all", f"{budget:,}", *[""] * len(names), "", text] for budget, text in pooled.items()]
    return f"{title_of(metric)}, and what {label_of(selector)} gained", header, rows


def _gains(gains: Mapping[int, Interval], digits: int) -> dict[int, str]:
    adjusted = holm({key: gain.p for key, gain in gains.items() if gain.p is not None})
    return {
        key: gain_text(gain, is_bold=adjusted.get(key, 1.0) <= ALPHA if gain.p is not None else None, digits=digits)
        for key, gain in gains.items()
    }


def _over_rates(cells: Sequence[Cell], selector: str) -> dict[int, Interval]:
    """Return the gain over the best control of each rate by budget; pools that lack a rate are left out."""
    found: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    num_rates: dict[int, int] = defaultdict(int)
    for cell in cells:
        if cell.kind == ALL and selector in cell.differences:
            num_rates[cell.budget] += 1
            for pool, difference in cell.differences[selector].items():
                found[cell.budget][pool].append(difference)
    means = {
        budget: [fmean(values) for values in pools.values() if len(values) == num_rates[budget]]
        for budget, pools in found.items()
        if num_rates[budget] > 1
    }
    return {budget: t_interval(values) for budget, values in means.items() if values}


def noise_table(conditions: Sequence[Mapping[str, Any]]) -> Table:
    """Return planted and estimated shares of noise, means over pools, by rate and kind; and a row of all of them.

    `held` counts the intervals that hold what was planted. The calibration error is of P(sound) on all pairs of a pool,
    by their labels, with the planted share of noise unknown to it; pools without noise have none.
    """
    header = [
        "noise",
        "planted",
        "estimated",
        "intervals, in each pool",
        "width",
        "held",
        "calibration error, in each pool",
    ]
    found: dict[str, list[_Estimate]] = {}
    for row in conditions:
        if row.get("cleanliness"):
            found.setdefault(_noise(row["rate"], row["kind"]), []).append(_Estimate.of(row))
    rows = [[noise, *_estimates(pools, in_each=True)] for noise, pools in found.items()]
    every = [one for pools in found.values() for one in pools]
    return "How noisy pools look", header, [*rows, ["all", *_estimates(every, in_each=False)]]


@dataclass(frozen=True)
class _Estimate:
    """Of one pool."""

    planted: float
    share: float
    low: float
    high: float
    error: float | None
    """Calibration error of P(sound)."""

    @classmethod
    def of(cls, condition: Mapping[str, Any]) -> "_Estimate":
        of_kind, noise = condition["noise"]["num_of_kind"], condition["cleanliness"]["noise"]
        planted = 1 - of_kind["clean"] / sum(of_kind.values()) if of_kind else 0.0
        bins = condition.get("reliability")
        return cls(planted, noise["share"], noise["low"], noise["high"], calibration_error(bins) if bins else None)

    @property
    def holds(self) -> bool:
        return self.low <= self.planted <= self.high


def _estimates(pools: Sequence[_Estimate], *, in_each: bool) -> list[str]:
    errors = [one.error for one in pools if one.error is not None]
    each_error = (
        ", ".join(f"{error:.3f}" for error in errors) if in_each else f"{max(errors):.3f} at most" if errors else ""
    )
    return [
        f"{fmean(one.planted for one in pools):.1%}",
        f"{fmean(one.share for one in pools):.1%}",
        ", ".join(f"{one.low:.1%} to {one.high:.1%}" for one in pools) if in_each else "",
        f"{fmean(one.high - one.low for one in pools):.1%}",
        f"{sum(one.holds for one in pools)} of {len(pools)}",
        each_error,
    ]


def _noise(rate: float, kind: str) -> str:
    return f"{rate:g}" + ("" if kind == ALL else f" {kind}")
