"""The efficiency curve PIR = a + b ln SDF of a selector, and the survey's assumptions about such curves.

SDF, the selected dataset fraction, is the number of selected pairs over that of candidates. The survey (arXiv
2406.14115) has one point per work, and so must assume that curves rise ever more slowly (are concave) and never cross.
Several budgets per selector make both testable.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_SURE = 2.0
"""Standard errors beyond which chance in the training seeds does not explain a departure."""


@dataclass(frozen=True)
class Point:
    """What a selector reached at one budget, mean over training seeds."""

    selector: str
    budget: int
    sdf: float
    pir: float
    sd: float | None
    """Over training seeds; None for a single one."""
    num_seeds: int

    @property
    def variance(self) -> float | None:
        """Squared standard error of the mean; None for a single training seed."""
        return None if self.sd is None else self.sd**2 / self.num_seeds


@dataclass(frozen=True)
class Fit:
    """Least squares of PIR on ln SDF."""

    intercept: float
    """a: PIR at SDF = 1, if the curve extends that far."""
    slope: float
    """b: gain for e times as many pairs."""
    r2: float | None
    """Explained share of the variance; None for two points, which a line always fits."""
    num_points: int

    def at(self, sdf: float) -> float:
        """Return the PIR of the curve."""
        return self.intercept + self.slope * math.log(sdf)


@dataclass(frozen=True)
class Departures:
    """Places where an assumption about curves does not hold."""

    found: int
    sure: int | None
    """Those beyond two standard errors; None with one training seed, whose errors are unknown."""


def fit(points: Sequence[Point]) -> Fit | None:
    """Return the curve through the points of one selector; None where all are at one SDF."""
    if len({point.sdf for point in points}) < 2:
        return None
    x = np.log([point.sdf for point in points])
    y = np.array([point.pir for point in points])
    slope, intercept = line(x.tolist(), y.tolist())
    rest, spread = float(np.sum((y - intercept - slope * x) ** 2)), float(np.sum((y - y.mean()) ** 2))
    known = len(points) > 2 and spread > 0
    return Fit(intercept, slope, 1 - rest / spread if known else None, len(points))


def line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Return slope and intercept of the least-squares line; x must not all be equal."""
    middle_x, middle_y = np.mean(x), np.mean(y)
    centred = np.array(x) - middle_x
    slope = float(centred @ (np.array(y) - middle_y) / (centred @ centred))
    return slope, float(middle_y - slope * middle_x)


def falls(points: Sequence[Point]) -> Departures:
    """Count the steps to more pairs at which PIR falls."""
    steps = [
        (after.pir - before.pir, _sum([(1.0, before), (1.0, after)])) for before, after in pairwise(_rising(points))
    ]
    return _departures([(-step, variance) for step, variance in steps])


def bends(points: Sequence[Point]) -> Departures:
    """Count the inner points at which the curve, over SDF itself, turns upward: a concave one never does."""
    found = []
    rising = _rising(points)
    for before, point, after in zip(rising, rising[1:], rising[2:], strict=False):
        left, right = point.sdf - before.sdf, after.sdf - point.sdf
        turn = (after.pir - point.pir) / right - (point.pir - before.pir) / left
        weights = [(1 / left, before), (1 / left + 1 / right, point), (1 / right, after)]
        found.append((turn, _sum([(weight**2, own) for weight, own in weights])))
    return _departures(found)


def crossings(one: Sequence[Point], other: Sequence[Point]) -> Departures:
    """Count the steps between budgets of both at which the better of two selectors changes.

    One is sure where the difference is beyond two standard errors on both sides of it. Differences of zero are
    skipped.
    """
    by_budget = {point.budget: point for point in other}
    gaps = []
    for point in _rising(one):
        if (rival := by_budget.get(point.budget)) and point.pir != rival.pir:
            gaps.append((point.pir - rival.pir, _sum([(1.0, point), (1.0, rival)])))
    changes = [(a, b) for a, b in pairwise(gaps) if (a[0] > 0) != (b[0] > 0)]
    if any(variance is None for _, variance in gaps):
        return Departures(len(changes), None)
    return Departures(len(changes), sum(all(_beyond(*gap) for gap in change) for change in changes))


def meeting_point(one: Fit, other: Fit) -> float | None:
    """Return the SDF at which two fitted curves cross; None where they are parallel or meet beyond SDF = 1."""
    if one.slope == other.slope:
        return None
    exponent = (other.intercept - one.intercept) / (one.slope - other.slope)
    return math.exp(exponent) if exponent <= 0 else None


def _rising(points: Sequence[Point]) -> list[Point]:
    return sorted(points, key=lambda point: point.sdf)


def _sum(weighted: Sequence[tuple[float, Point]]) -> float | None:
    """Return the variance of a sum of points whose errors are independent; weights are squared already."""
    variances = [(weight, point.variance) for weight, point in weighted]
    return None if any(v is None for _, v in variances) else sum(w * v for w, v in variances if v is not None)


def _departures(found: Sequence[tuple[float, float | None]]) -> Departures:
    there = [(size, variance) for size, variance in found if size > 0]
    if any(variance is None for _, variance in found):
        return Departures(len(there), None)
    return Departures(len(there), sum(_beyond(size, variance) for size, variance in there))


def _beyond(size: float, variance: float | None) -> bool:
    return variance is not None and abs(size) > _SURE * math.sqrt(variance)
