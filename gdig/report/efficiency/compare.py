"""The survey's comparison of the selectors of one run: from scores and sentences to PIR, curves and a baseline."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from gdig.io.statistics import budget_key
from gdig.report.efficiency.curve import Departures, Fit, Point, bends, crossings, falls, fit, meeting_point
from gdig.report.efficiency.pir import Outcome, Scores, bench, outcome, ratios
from gdig.report.efficiency.plane import Baseline, baseline_through, best_point, efficiency

ANCHORS = ("instruction_mining", "instructiongpt4")
"""The works through which the survey draws its baseline; the first is the anchor of infeasible areas."""
FORMS = {"bench": "by test scores", "wins": "by sentences won"}
"""Forms of PIR and their titles."""


@dataclass(frozen=True)
class Cell:
    """Scores of the models of one selector and budget."""

    scores: Mapping[int, Scores]
    """Training seed -> metric -> value."""
    sentences: Mapping[int, Mapping[str, float]]
    """Training seed -> id -> score of the sentence."""
    num_pairs: int


@dataclass(frozen=True)
class Measured:
    """PIR of one selector at one budget, in each form, against models of the full pool of the same training seeds."""

    selector: str
    budget: int
    sdf: float
    pir: Mapping[str, Sequence[float]]
    """Form -> one value per training seed; `bench` is empty where no metric has a ratio."""
    by_setting: Mapping[str, float]
    """Metric -> mean ratio over training seeds."""
    outcome: Outcome
    """Sentences of all training seeds."""

    def point(self, form: str) -> Point | None:
        """Return its point of the efficiency curve; None where the form could not be measured."""
        values = self.pir[form]
        if not values:
            return None
        sd = statistics.stdev(values) if len(values) > 1 else None
        return Point(self.selector, self.budget, self.sdf, statistics.fmean(values), sd, len(values))


@dataclass(frozen=True)
class Crossing:
    """Two selectors whose curves cross."""

    one: str
    other: str
    measured: Departures
    fitted_at: float | None
    """SDF within the measured budgets of both at which their fitted curves cross."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All selectors in one form of PIR."""

    points: Sequence[Point]
    fits: Mapping[str, Fit | None]
    falls: Mapping[str, Departures]
    bends: Mapping[str, Departures]
    crossings: Sequence[Crossing]
    """Pairs of selectors that cross, measured or fitted."""
    num_rivals: int
    """Pairs of selectors that could cross."""
    baseline: Baseline | None
    no_baseline: str
    """Why there is no baseline."""

    def best(self) -> list[Point]:
        """Return the best point of each selector."""
        return [best_point(own) for own in _by_selector(self.points).values()]


def measure(
    cells: Mapping[tuple[str, int], Cell], full: Cell, settings: Sequence[str], margin: float
) -> list[Measured]:
    """Return PIR of every cell against the full pool.

    Args:
        cells: by selector and budget.
        full: the cell of the full pool, whose pairs are all candidates.
        settings: as `gdig.report.efficiency.pir.settings_of` returns them.
        margin: largest difference of sentence scores that counts as a tie.

    Raises:
        ValueError: a cell was trained with other seeds than the full pool, or translated other sentences.
    """
    found = []
    for (selector, budget), cell in cells.items():
        if cell.scores.keys() != full.scores.keys():
            raise ValueError(
                f"{selector} at {budget} pairs was trained with seeds {sorted(cell.scores)}, the full pool with "
                f"{sorted(full.scores)}; run stages finetune, translate and score again for both"
            )
        benches = [bench(own, full.scores[seed], settings) for seed, own in cell.scores.items()]
        outcomes = [outcome(own, full.sentences[seed], margin) for seed, own in cell.sentences.items()]
        per_seed = [ratios(own, full.scores[seed], settings) for seed, own in cell.scores.items()]
        found.append(
            Measured(
                selector,
                budget,
                cell.num_pairs / full.num_pairs,
                {
                    "bench": [value for value in benches if value is not None],
                    "wins": [own.pir for own in outcomes],
                },
                {key: statistics.fmean(own[key] for own in per_seed) for key in settings},
                Outcome(
                    sum(own.num_wins for own in outcomes),
                    sum(own.num_losses for own in outcomes),
                    sum(own.num_ties for own in outcomes),
                ),
            )
        )
    return found


def compare(measured: Sequence[Measured], form: str, baseline: str, *, is_log: bool) -> Comparison | None:
    """Return the comparison in one form; None where it could not be measured.

    Args:
        measured: values of all selectors and budgets.
        form: one of `FORMS`.
        baseline: `random`, a line through random choice, or `anchors`, one through the two `ANCHORS`.
        is_log: whether that line is straight over ln SDF, or over SDF.
    """
    points = [point for own in measured if (point := own.point(form))]
    if not points:
        return None
    by_selector = _by_selector(points)
    fits = {selector: fit(own) for selector, own in by_selector.items()}
    pairs = list(combinations(by_selector, 2))
    crossed = [_crossing(one, other, by_selector, fits) for one, other in pairs]
    drawn, why = _baseline(by_selector, baseline, is_log=is_log)
    return Comparison(
        points=points,
        fits=fits,
        falls={selector: falls(own) for selector, own in by_selector.items()},
        bends={selector: bends(own) for selector, own in by_selector.items()},
        crossings=[own for own in crossed if own.measured.found or own.fitted_at is not None],
        num_rivals=len(pairs),
        baseline=drawn,
        no_baseline=why,
    )


def as_metrics(measured: Sequence[Measured], comparisons: Mapping[str, Comparison | None]) -> dict[str, Any]:
    """Return what `dvc metrics` shows: selector -> `b<pairs>` -> SDF, PIR and CEff in each form; and the curves."""
    found: dict[str, Any] = {}
    for own in measured:
        entry: dict[str, Any] = {"sdf": own.sdf, "pir_of": dict(own.by_setting)}
        for form, comparison in comparisons.items():
            if comparison and (point := own.point(form)):
                entry[f"pir_{form}"] = {"mean": point.pir, "sd": point.sd}
                entry[f"ceff_{form}"] = efficiency(point, comparison.baseline).ceff if comparison.baseline else None
        found.setdefault(own.selector, {})[budget_key(own.budget)] = entry
    for form, comparison in comparisons.items():
        for selector, curve in comparison.fits.items() if comparison else ():
            if curve:
                found[selector][f"curve_{form}"] = {"a": curve.intercept, "b": curve.slope, "r2": curve.r2}
    return found


def _by_selector(points: Sequence[Point]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(point.selector, []).append(point)
    return found


def _crossing(one: str, other: str, points: Mapping[str, Sequence[Point]], fits: Mapping[str, Fit | None]) -> Crossing:
    first, second = fits[one], fits[other]
    at = meeting_point(first, second) if first and second else None
    low = max(min(point.sdf for point in points[name]) for name in (one, other))
    high = min(max(point.sdf for point in points[name]) for name in (one, other))
    inside = at is not None and low < at < high
    return Crossing(one, other, crossings(points[one], points[other]), at if inside else None)


def _baseline(points: Mapping[str, Sequence[Point]], kind: str, *, is_log: bool) -> tuple[Baseline | None, str]:
    names = ("random",) if kind == "random" else ANCHORS
    if missing := [name for name in names if name not in points]:
        other = "anchors" if kind == "random" else "random"
        return None, (
            f"report.efficiency.baseline: {kind} draws it through {' and '.join(names)}, but {missing[0]} is not among "
            f"the selectors; take it in, or choose {other}"
        )
    drawn = baseline_through(
        [point for name in names for point in points[name]], best_point(points[names[0]]), is_log=is_log
    )
    return drawn, "" if drawn else f"{' and '.join(names)} stand at one budget, and a line needs two"
