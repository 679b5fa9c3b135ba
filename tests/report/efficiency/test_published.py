"""Printed numbers of the survey, compared with its own rules and formulas."""

import pytest

from gdig.report.efficiency.curve import Point
from gdig.report.efficiency.feasibility import (
    feasibility_ranks,
    flexibility,
    ranks,
    simplicity,
    stated_flexibility,
    stated_simplicity,
)
from gdig.report.efficiency.plane import baseline_through, efficiency, verdicts
from gdig.report.efficiency.published import (
    ANCHORS,
    ESTIMATED,
    LEADERBOARD,
    PIR,
    RANKS,
    WINS,
    WORKS,
    bridge,
    bridge_range,
    bridged,
    misplaced,
    source_of,
)


def test_printed_ranks_are_reproduced_exactly():
    assert ranks(WORKS, simplicity) == {name: printed[0] for name, printed in RANKS.items()}
    assert ranks(WORKS, flexibility) == {name: printed[1] for name, printed in RANKS.items()}
    assert feasibility_ranks(WORKS) == {name: printed[2] for name, printed in RANKS.items()}


def test_the_stated_priorities_do_not_reproduce_them():
    assert ranks(WORKS, stated_simplicity)["InsTag"] == 2
    assert ranks(WORKS, stated_simplicity)["Nuggets"] == 3
    assert ranks(WORKS, stated_flexibility)["DEITA"] == 2
    assert ranks(WORKS, stated_flexibility)["InstructionGPT-4"] < ranks(WORKS, stated_flexibility)["IFD"]
    assert "Nuggets" in misplaced(lambda works: ranks(works, stated_simplicity), 0)
    assert misplaced(feasibility_ranks, 2) == []


def test_estimates_that_follow_from_the_bridge_and_one_that_does_not():
    found = bridged()
    assert found.keys() == ESTIMATED.keys()
    assert found["LESS"].found == pytest.approx(1.637, abs=5e-4)
    assert (found["LESS"].low, found["LESS"].high) == pytest.approx((1.610, 1.667), abs=1e-3)
    assert not found["LESS"].reproduced
    assert found["Instruction-Mining"].found == pytest.approx(1.393, abs=5e-4)
    assert found["Instruction-Mining"].reproduced
    assert source_of("LESS", WINS) == "bridge, does not follow"
    assert source_of("Instruction-Mining", WINS) == "bridge, follows"
    assert {source_of(name, column) for name in PIR for column in PIR[name] if name not in ESTIMATED} == {"as printed"}


def test_from_the_leaderboards_points_come_the_surveys_findings():
    points = {name: Point(name, 1, sdf, pir, None, 1) for name, (sdf, pir) in LEADERBOARD.items()}
    baseline = baseline_through([points[name] for name in ANCHORS], points[ANCHORS[0]], is_log=False)
    found = {name: efficiency(point, baseline).ceff for name, point in points.items()}
    assert max(found, key=found.get) == "IFD"
    assert min(found, key=found.get) == "AlpaGasus"
    assert [found[name] for name in ANCHORS] == pytest.approx([0, 0], abs=1e-12)
    # By hand: the line has slope 0.043 / 0.035, and at 0.05 stands at 1.4307.
    assert found["IFD"] == pytest.approx(1.747 - (1.4 + 0.025 * 0.043 / 0.035), abs=1e-12)


def survey_verdicts(places):
    """Of all works at these places, by the survey's baseline: both ways, in one word each."""
    points = {name: Point(name, 1, sdf, pir, None, 1) for name, (sdf, pir) in places.items()}
    baseline = baseline_through([points[name] for name in ANCHORS], points[ANCHORS[0]], is_log=False)
    return verdicts(list(points.values()), baseline)


BY_EFFICIENCY = [
    "IFD", "LESS", "SuperFiltering", "Instruction-Mining", "InstructionGPT-4", "Nuggets", "InsTag", "DEITA",
    "AlpaGasus",
]  # fmt: skip
"""Works by the height of the leaderboard's points above the baseline, most first."""


def test_of_all_works_the_survey_cannot_compare_deita_and_instag_alone():
    expected = {}
    for place, ahead in enumerate(BY_EFFICIENCY):
        for behind in BY_EFFICIENCY[place + 1 :]:
            expected |= {(ahead, behind): "better", (behind, ahead): "worse"}
    for pair, word in ((ANCHORS, "equal"), (("DEITA", "InsTag"), "incomparable")):
        expected |= {pair: word, pair[::-1]: word}
    assert len(expected) == 72
    assert survey_verdicts(LEADERBOARD) == expected


def test_with_the_pir_of_the_surveys_table_another_pair_is_incomparable():
    places = {name: (sdf, PIR[name][WINS]) for name, (sdf, _) in LEADERBOARD.items()}
    found = {pair for pair, word in survey_verdicts(places).items() if word == "incomparable"}
    assert found == {("DEITA", "Nuggets"), ("Nuggets", "DEITA")}


def test_the_bridge_is_the_line_through_what_is_known():
    assert bridge([(1.0, 2.0), (3.0, 6.0)], 2.5) == pytest.approx(5.0)
    assert bridge_range([(1.0, 2.0), (3.0, 6.0)], 2.5, 0.0) == pytest.approx((5.0, 5.0))
    # Least at 2.4 on the line through (1.1, 1.9) and (3.1, 5.9), most at 2.6 on that through (0.9, 2.1) and (2.9, 6.1).
    assert bridge_range([(1.0, 2.0), (3.0, 6.0)], 2.5, 0.1) == pytest.approx((4.5, 5.5))
