"""Scores against the number of pairs: the rows that `dvc plots` and the report draw."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gdig.report.focus import Metrics
from gdig.report.metrics import scale_of, title_of
from gdig.report.selectors import label_of

_SCORES = ("comet", "bleu", "bleurt", "chrf")


@dataclass(frozen=True)
class Point:
    """A point of the curve: a row of the file that `dvc plots` reads."""

    selector: str
    name: str
    """As people write it."""
    metric: str
    """Likewise."""
    budget: int
    mean: float
    """Over training seeds."""
    low: float | None
    high: float | None
    """Interval of the mean over training seeds; there is none of a single one."""


def points_of(metrics: Mapping[str, Metrics], budgets: Mapping[str, int], replicates: Mapping[str, Any]) -> list[Point]:
    """Return the points of every score, one after the other as they stand in tables.

    Args:
        metrics: of each selector.
        budgets: by key.
        replicates: as in significance.json, whence the intervals come.
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


def to_csv(points: Iterable[Point]) -> str:
    """Return the points as CSV; an interval that is not there is empty."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(Point.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, points))
    return stream.getvalue()


def have_intervals(points: Iterable[Point]) -> bool:
    """Return whether any point has an interval."""
    return any(point.low is not None for point in points)
