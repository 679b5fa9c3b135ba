"""Selectors as points of a plane, SDF across and PIR upward, against a baseline in it (arXiv 2406.14115, section 5).

The horizontal axis is SDF or its natural logarithm. Angles and distances depend on the units of both axes, so that only
their order has a meaning; the conditional efficiency does not depend on them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gdig.report.efficiency.curve import Point, line

Verdict = str
"""`better`, `worse`, `equal` or `incomparable`."""
_OPPOSITE = {"better": "worse", "worse": "better"}
_ROUNDING = 1e-9
"""Tolerance within which a point is on a border."""


@dataclass(frozen=True)
class Baseline:
    """The line from which efficiency is measured."""

    intercept: float
    slope: float
    is_log: bool
    """Whether x is ln SDF."""
    anchor: Point
    """The work towards which the infeasible area of superior works opens."""

    def x(self, sdf: float) -> float:
        """Return the horizontal coordinate of a fraction."""
        return math.log(sdf) if self.is_log else sdf

    def at(self, sdf: float) -> float:
        """Return the PIR of the line, f_b."""
        return self.intercept + self.slope * self.x(sdf)

    @property
    def angle(self) -> float:
        """Theta: the angle with the horizontal, in radians."""
        return math.atan(self.slope)


@dataclass(frozen=True)
class Efficiency:
    """How efficient one point is."""

    point: Point
    ceff: float
    """Conditional efficiency, equation 5: f_k(x_k) - f_b(x_k)."""
    distance: float
    """Perpendicular distance from the baseline, ceff cos(theta), with the sign of ceff."""
    printed_distance: float
    """The distance as equation 6 of the survey prints it: ceff cos(90 degrees - theta) = ceff sin(theta)."""


@dataclass(frozen=True)
class Area:
    """The infeasible area of a point, at larger fractions than its own: no point inside it can be compared with it."""

    low: float
    high: float
    """Slopes of the lines from the point between which it lies."""


def baseline_through(points: Sequence[Point], anchor: Point, *, is_log: bool) -> Baseline | None:
    """Return the least-squares line through some points; None where all are at one SDF.

    For two points, as in the survey, it is the line through both.
    """
    if len({point.sdf for point in points}) < 2:
        return None
    x = [math.log(point.sdf) if is_log else point.sdf for point in points]
    slope, intercept = line(x, [point.pir for point in points])
    return Baseline(intercept, slope, is_log, anchor)


def best_point(points: Sequence[Point]) -> Point:
    """Return the point of the highest PIR; among equal ones, the one with the fewest pairs."""
    return max(points, key=lambda point: (point.pir, -point.sdf))


def efficiency(point: Point, baseline: Baseline) -> Efficiency:
    """Return the height of a point above the baseline by three measures."""
    ceff = point.pir - baseline.at(point.sdf)
    return Efficiency(point, ceff, ceff * math.cos(baseline.angle), ceff * math.sin(baseline.angle))


def infeasible_area(point: Point, baseline: Baseline) -> Area:
    """Return the infeasible area of a point.

    For a point below the baseline it lies between the horizontal and the parallel to the baseline; for one above,
    between that parallel and the line through the anchor; one on the baseline has none, since both lines coincide. The
    survey draws areas without a rule for the side: to the right alone, towards more pairs, exactly one pair of its
    works is incomparable, as it says; on both sides it would be seven. An anchor straight below, which the survey does
    not have, counts as just left of the point.
    """
    ceff = efficiency(point, baseline).ceff
    if abs(ceff) <= _ROUNDING:
        return Area(baseline.slope, baseline.slope)
    if ceff < 0:
        return Area(min(0.0, baseline.slope), max(0.0, baseline.slope))
    across = baseline.x(baseline.anchor.sdf) - baseline.x(point.sdf)
    to_anchor = (baseline.anchor.pir - point.pir) / across if across else math.inf
    return Area(min(baseline.slope, to_anchor), max(baseline.slope, to_anchor))


def verdict(one: Point, other: Point, baseline: Baseline) -> Verdict:
    """Return how `one` compares with `other`.

    The one with more pairs may not lie inside the infeasible area of the other; the border, where an anchor to the
    right always lies, is allowed. Two points at one SDF are always comparable: neither is to the right of the other.
    """
    left, right = sorted((one, other), key=lambda point: point.sdf)
    if across := baseline.x(right.sdf) - baseline.x(left.sdf):
        area = infeasible_area(left, baseline)
        if area.low + _ROUNDING < (right.pir - left.pir) / across < area.high - _ROUNDING:
            return "incomparable"
    ahead = efficiency(one, baseline).ceff - efficiency(other, baseline).ceff
    if math.isclose(ahead, 0, abs_tol=_ROUNDING):
        return "equal"
    return "better" if ahead > 0 else "worse"


def verdicts(points: Sequence[Point], baseline: Baseline) -> dict[tuple[str, str], Verdict]:
    """Return how each selector compares with each other by their names, given one point per selector."""
    found: dict[tuple[str, str], Verdict] = {}
    for number, one in enumerate(points):
        for other in points[number + 1 :]:
            of_first = verdict(one, other, baseline)
            found[one.selector, other.selector] = of_first
            found[other.selector, one.selector] = _OPPOSITE.get(of_first, of_first)
    return found
