import math

import pytest

from gdig.report.efficiency.curve import Point
from gdig.report.efficiency.plane import baseline_through, best_point, efficiency, infeasible_area, verdict, verdicts


def at(sdf, pir, selector="x"):
    return Point(selector, 1, sdf, pir, None, 1)


LEFT, RIGHT = at(0.1, 1.0, "left"), at(0.3, 1.2, "right")
BASELINE = baseline_through([LEFT, RIGHT], LEFT, is_log=False)
"""PIR = 0.9 + SDF."""


def test_the_baseline_of_two_points_goes_through_both_over_either_axis():
    assert (BASELINE.intercept, BASELINE.slope) == pytest.approx((0.9, 1.0))
    over_log = baseline_through([LEFT, RIGHT], LEFT, is_log=True)
    assert over_log.slope == pytest.approx(0.2 / math.log(3))
    assert [over_log.at(0.1), over_log.at(0.3)] == pytest.approx([1.0, 1.2])
    assert baseline_through([LEFT, at(0.1, 2.0)], LEFT, is_log=True) is None


def test_of_more_points_it_is_least_squares():
    drawn = baseline_through([at(0.0, 0.0), at(1.0, 2.0), at(2.0, 1.0)], LEFT, is_log=False)
    assert (drawn.slope, drawn.intercept) == pytest.approx((0.5, 0.5))


def test_conditional_efficiency_and_both_distances():
    found = efficiency(at(0.2, 1.4), BASELINE)
    assert found.ceff == pytest.approx(0.3)  # 1.4 - (0.9 + 0.2)
    assert found.distance == pytest.approx(0.3 * math.sqrt(0.5))
    assert found.printed_distance == pytest.approx(0.3 * math.cos(math.pi / 2 - math.pi / 4))
    assert efficiency(at(0.2, 1.0), BASELINE).distance == pytest.approx(-0.1 * math.sqrt(0.5))
    # The distance is that of geometry: from (0.2, 1.4) to its foot (0.35, 1.25).
    assert found.distance == pytest.approx(math.hypot(0.15, 0.15))


def test_the_printed_distance_is_no_distance_where_the_baseline_is_not_at_45_degrees():
    steep = baseline_through([at(0.0, 0.0), at(1.0, 2.0)], at(0.0, 0.0), is_log=False)
    found = efficiency(at(0.0, 1.0), steep)
    assert found.distance == pytest.approx(1 / math.sqrt(5))  # to the foot (0.4, 0.8)
    assert found.printed_distance == pytest.approx(2 / math.sqrt(5))


def test_infeasible_areas():
    below = infeasible_area(at(0.2, 1.0), BASELINE)
    assert (below.low, below.high) == pytest.approx((0.0, 1.0))
    above = infeasible_area(at(0.2, 1.4), BASELINE)
    assert (above.low, above.high) == pytest.approx((1.0, 4.0))  # to the anchor: 0.4 / 0.1
    assert infeasible_area(at(0.1, 1.4), BASELINE).high == math.inf
    beyond = infeasible_area(at(0.05, 1.2), BASELINE)
    assert (beyond.low, beyond.high) == pytest.approx((-4.0, 1.0))
    on_it = infeasible_area(at(0.2, 1.1), BASELINE)
    assert on_it.low == on_it.high


def test_an_area_opens_to_the_right_alone():
    high, left = at(0.2, 1.4), at(0.05, 0.9)
    # From `left`, below the baseline, the slope is 10 / 3: outside its own 0 to 1, inside the 1 to 4 of `high`.
    assert (verdict(left, high, BASELINE), verdict(high, left, BASELINE)) == ("worse", "better")
    right = at(0.25, 1.4 + 0.05 * 10 / 3)
    assert verdict(high, right, BASELINE) == verdict(right, high, BASELINE) == "incomparable"


def test_a_point_on_the_baseline_is_comparable_with_all_to_its_right():
    assert verdict(at(0.2, 1.1), at(0.3, 1.15), BASELINE) == "better"
    assert verdict(LEFT, at(0.3, 1.15), BASELINE) == "better"
    assert verdict(at(0.05, 0.94), LEFT, BASELINE) == "worse"
    assert verdict(at(0.05, 0.96), LEFT, BASELINE) == "better"


def test_what_stands_in_an_area_of_the_other_cannot_be_compared():
    low = at(0.2, 1.0)
    assert verdict(low, at(0.4, 1.1), BASELINE) == "incomparable"  # slope 0.5
    assert verdict(low, at(0.1, 0.95), BASELINE) == "incomparable"  # slope 0.5, from there
    assert verdict(low, at(0.4, 1.25), BASELINE) == "worse"  # slope 1.25: steeper than the baseline
    assert verdict(low, at(0.4, 0.95), BASELINE) == "better"  # more pairs, and worse
    assert verdict(at(0.2, 1.4), at(0.3, 1.6), BASELINE) == "incomparable"  # slope 2, within 1 and 4
    assert verdict(at(0.2, 1.4), at(0.3, 1.45), BASELINE) == "better"
    # At one fraction they are compared as they are; on the border of an area one may be.
    assert verdict(low, at(0.2, 1.01), BASELINE) == "worse"
    assert verdict(low, at(0.2, 1.0), BASELINE) == "equal"
    assert verdict(at(0.2, 1.4), LEFT, BASELINE) == "better"
    assert verdict(LEFT, RIGHT, BASELINE) == "equal"


def test_verdicts_of_all_say_the_same_from_both_sides():
    found = verdicts([at(0.2, 1.0, "a"), at(0.4, 1.1, "b"), at(0.2, 1.4, "c")], BASELINE)
    assert found["a", "b"] == found["b", "a"] == "incomparable"
    assert (found["a", "c"], found["c", "a"]) == ("worse", "better")
    assert len(found) == 6


def test_the_best_point_is_of_the_highest_pir_and_then_of_fewest_pairs():
    assert best_point([at(0.1, 1.0), at(0.3, 1.2), at(0.2, 1.2)]).sdf == 0.2
