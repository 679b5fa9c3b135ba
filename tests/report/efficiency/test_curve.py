import math

import numpy as np
import pytest

from gdig.report.efficiency.curve import Departures, Point, bends, crossings, falls, fit, meeting_point


def points(selector, pirs, *, sdfs=(0.01, 0.1, 1.0), sd=None, num_seeds=1):
    return [Point(selector, round(1000 * sdf), sdf, pir, sd, num_seeds) for sdf, pir in zip(sdfs, pirs, strict=True)]


def test_a_curve_that_is_one_is_found():
    curve = fit(points("a", [0.9 + 0.05 * math.log(sdf) for sdf in (0.01, 0.1, 1.0)]))
    assert (curve.intercept, curve.slope, curve.r2, curve.num_points) == pytest.approx((0.9, 0.05, 1.0, 3))
    assert curve.at(0.5) == pytest.approx(0.9 + 0.05 * math.log(0.5))


def test_least_squares_and_r2_of_one_that_is_none():
    # ln SDF = -2u, -u, 0 with u = ln 10: slope (y3 - y1) / 2u, fitted 0.4, 0.6, 0.8 against 0.3, 0.8, 0.7.
    curve = fit(points("a", [0.3, 0.8, 0.7]))
    assert curve.slope == pytest.approx(0.2 / math.log(10), abs=1e-12)
    assert curve.intercept == pytest.approx(0.8, abs=1e-12)
    assert curve.r2 == pytest.approx(1 - (0.01 + 0.04 + 0.01) / (0.09 + 0.04 + 0.01), abs=1e-12)
    slope, intercept = np.polyfit(np.log([0.01, 0.1, 1.0]), [0.3, 0.8, 0.7], 1)
    assert (curve.slope, curve.intercept) == pytest.approx((slope, intercept), abs=1e-12)


def test_two_points_tell_nothing_of_the_fit_and_one_has_none():
    assert fit(points("a", [0.3, 0.8], sdfs=(0.1, 0.2))).r2 is None
    assert fit(points("a", [0.3], sdfs=(0.1,))) is None
    assert fit(points("a", [0.3, 0.3, 0.3])).r2 is None


def test_falls_and_upward_turns_are_counted_over_the_share_itself():
    assert falls(points("a", [0.5, 0.4, 0.6])) == Departures(1, None)
    # Slopes 0.1 / 0.09 and 0.2 / 0.9: concave, though its second step is the larger.
    assert bends(points("a", [0.5, 0.6, 0.8])) == Departures(0, None)
    assert bends(points("a", [0.5, 0.51, 0.8])) == Departures(1, None)
    assert bends(points("a", [0.5, 0.6], sdfs=(0.1, 0.2))).found == 0


def test_a_departure_is_sure_beyond_two_standard_errors():
    # A fall of 0.1; its standard error is sqrt(2 * 0.06 ** 2 / 4) = 0.0424, so that two of them are 0.0849.
    assert falls(points("a", [0.5, 0.4, 0.6], sd=0.06, num_seeds=4)) == Departures(1, 1)
    assert falls(points("a", [0.5, 0.4, 0.6], sd=0.08, num_seeds=4)) == Departures(1, 0)
    # Turn 0.3 / 0.9 - 0 over sqrt((1/.09)^2 + (1/.09 + 1/.9)^2 + (1/.9)^2) = 16.54 errors of a point.
    assert bends(points("a", [0.5, 0.5, 0.8], sd=0.0100, num_seeds=1)) == Departures(1, 1)
    assert bends(points("a", [0.5, 0.5, 0.8], sd=0.0102, num_seeds=1)) == Departures(1, 0)


def test_curves_that_cross():
    one, other = points("a", [0.2, 0.6, 0.7]), points("b", [0.4, 0.5, 0.8])
    assert crossings(one, other) == crossings(other, one) == Departures(2, None)
    assert crossings(one, points("c", [0.3, 0.7, 0.8])) == Departures(0, None)
    # Where they touch, nothing is crossed; of different budgets nothing is known.
    assert crossings(one, points("c", [0.2, 0.5, 0.6])) == Departures(0, None)
    assert crossings(one, points("c", [0.9, 0.1], sdfs=(0.02, 0.2))).found == 0
    sure = [points(s, y, sd=0.01, num_seeds=2) for s, y in (("a", [0.2, 0.6, 0.7]), ("b", [0.4, 0.5, 0.715]))]
    # The last difference, 0.015, is within two standard errors of 0.01.
    assert crossings(*sure) == Departures(2, 1)


def test_fitted_curves_meet_where_they_are_equal():
    one, other = fit(points("a", [0.2, 0.6, 1.0])), fit(points("b", [0.5, 0.6, 0.7]))
    assert meeting_point(one, other) == pytest.approx(0.1)
    assert meeting_point(one, one) is None
    assert meeting_point(fit(points("a", [0.2, 0.3, 0.4])), fit(points("b", [0.6, 0.65, 0.7]))) is None
