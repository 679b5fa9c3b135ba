"""Files of the report stage for DVC: `dvc metrics diff` compares focus.json, `dvc plots` draws the curves."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gdig.report.display import label_of, scale_of, title_of
from gdig.report.efficiency.survey import Survey

Metrics = Mapping[str, Mapping[str, Any]]
"""Budget key -> metric -> value, or {"mean", "sd"} of it; sd is None for a single replicate."""

_GAINS = ("bleu", "chrf", "comet", "bleurt", "seed_loss", "valid_loss")
"""Metrics whose gain is shown, where they are measured."""
_SCORES = ("comet", "bleu", "bleurt", "chrf")


@dataclass(frozen=True)
class Point:
    """A point of a curve: one row of the file that `dvc plots` reads."""

    selector: str
    name: str
    """Label of the selector."""
    metric: str
    """Title of the metric."""
    budget: int
    mean: float
    """Over training seeds."""
    low: float | None
    high: float | None
    """Interval of the mean over training seeds; None for a single seed."""


def focus(metrics: Mapping[str, Metrics], name: str, baseline: str) -> dict[str, Any]:
    """Return the metrics of selector `name` with, under `gain`, the difference of means from the baseline.

    The path of the file never changes, so that `dvc metrics diff` compares selectors.
    """
    result: dict[str, Any] = {}
    for budget, values in metrics[name].items():
        other = metrics[baseline][budget]
        gain = {key: values[key]["mean"] - other[key]["mean"] for key in _GAINS if key in values}
        result[budget] = dict(values) | {"gain": gain}
    return result


def points_of(metrics: Mapping[str, Metrics], budgets: Mapping[str, int], replicates: Mapping[str, Any]) -> list[Point]:
    """Return the points of every score, in the order of the tables.

    Args:
        metrics: by selector.
        budgets: by key.
        replicates: intervals, as significance.json holds them.
    """
    first = next(iter(next(iter(metrics.values())).values()))
    found = []
    for key in [key for metric in _SCORES for key in first if key.partition("_")[0] == metric]:
        for selector, values in metrics.items():
            for name, budget in budgets.items():
                interval = replicates.get(selector, {}).get(name, {}).get(key, {})
                mean, low, high = (
                    None if value is None else round(scale_of(key) * value, 4)
                    for value in (values[name][key]["mean"], interval.get("low"), interval.get("high"))
                )
                assert mean is not None
                found.append(Point(selector, label_of(selector), title_of(key), budget, mean, low, high))
    return found


def efficiency_points(survey: Survey) -> list[Point]:
    """Return a row for each form of PIR, selector and budget: the mean, and one standard deviation to both sides."""
    found = []
    for title, comparison in survey.shown().items():
        for own in comparison.points:
            spread = own.sd or 0.0
            low, high = (None, None) if own.sd is None else (own.pir - spread, own.pir + spread)
            mean, low, high = (None if value is None else round(value, 4) for value in (own.pir, low, high))
            assert mean is not None
            found.append(Point(own.selector, label_of(own.selector), title, own.budget, mean, low, high))
    return found


def to_csv(points: Iterable[Point]) -> str:
    """Return the points as CSV; a missing interval is an empty field."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(Point.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, points))
    return stream.getvalue()


def have_intervals(points: Iterable[Point]) -> bool:
    """Return whether any point has an interval."""
    return any(point.low is not None for point in points)
