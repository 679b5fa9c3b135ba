import pytest
from scipy import stats

from gdig.report.charts.draw import svg
from gdig.report.gains.cells import cells_of
from gdig.report.gains.intervals import t_interval
from gdig.report.gains.results import Results
from gdig.tools.evidence.figure import figure
from gdig.tools.evidence.show import markdown

BLEU = {  # selector -> pools -> score
    "random": {1: 10.0, 2: 20.0, 3: 30.0},
    "base_loss": {1: 12.0, 2: 21.0, 3: 30.0},
    "gdig": {1: 13.0, 2: 23.0, 3: 34.0},
}


def runs(rates=(0.5,), kinds=("all",), pools=(1, 2, 3)):
    rows = []
    for rate in rates:
        for kind in kinds:
            for pool in pools:
                own = {"rate": rate, "kind": kind, "pool": pool}
                for name, scores in BLEU.items():
                    # Two training seeds, whose mean is the score.
                    rows += [
                        own | {"selector": name, "budget": 8, "seed": seed, "bleu": scores[pool] + seed - 1.5}
                        for seed in (1, 2)
                    ]
                rows.append(own | {"selector": "full", "budget": 90 + pool, "seed": 1, "bleu": 40.0})
    return rows


def test_the_interval_is_that_of_scipy():
    found, expected = t_interval([1.0, 4.0, 2.5]), stats.ttest_1samp([1.0, 4.0, 2.5], 0).confidence_interval(0.95)
    assert (found.mean, found.num) == (2.5, 3)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    # By hand: 2.5 +- 4.30265 * 1.5 / sqrt(3), the quantile of 2 degrees of freedom.
    assert found.high == pytest.approx(2.5 + 4.30265 * 1.5 / 3**0.5, rel=1e-5)
    assert not found.holds
    narrow = t_interval([1.0, 4.0, 2.5], confidence=0.5)
    assert narrow.holds
    assert found.low < narrow.low < narrow.high < found.high


def test_one_value_has_no_interval_equal_ones_have_a_point_and_none_are_refused():
    assert t_interval([3.0]).low is t_interval([3.0]).high is None
    assert not t_interval([3.0]).holds
    assert (t_interval([3.0, 3.0]).low, t_interval([3.0, 3.0]).high) == (3.0, 3.0)
    with pytest.raises(ValueError, match="no values"):
        t_interval([])


def test_gains_are_of_each_pool_and_the_control_is_the_best_by_its_mean():
    (cell,) = cells_of(runs(), "bleu")
    assert (cell.rate, cell.kind, cell.budget, cell.num_pools) == (0.5, "all", 8, 3)
    assert cell.scores["gdig"].mean == pytest.approx(70 / 3)
    assert cell.over_random["gdig"] == t_interval([3.0, 3.0, 4.0])
    assert cell.control == "base_loss"
    assert cell.over_control["gdig"] == t_interval([1.0, 2.0, 4.0])
    # The full pool is another number of pairs in each.
    assert cell.over_random["full"] == t_interval([30.0, 20.0, 10.0])
    assert "random" not in cell.over_random


def test_a_part_of_a_grid_and_one_without_controls():
    rows = [row for row in runs() if row["selector"] == "gdig" or row["selector"] == "full"]
    (cell,) = cells_of(rows, "bleu")
    assert cell.control is None
    assert cell.over_random == cell.over_control == {}
    # A pool that lacks the reference gives no gain.
    rows = [row for row in runs() if row["selector"] != "random" or row["pool"] == 2]
    assert cells_of(rows, "bleu")[0].over_random["gdig"].num == 1


def test_tables_say_gains_intervals_and_how_noise_is_reported():
    areas = {"share_helped": {"all": 0.75, "shuffled": 0.5}, "base_loss": None}
    conditions = [{"rate": 0.5, "kind": "all", "pool": pool, "detection": areas} for pool in (1, 2, 3)]
    conditions.append({"rate": 0.5, "kind": "truncated", "pool": 1, "detection": {"share_helped": {"all": 0.25}}})
    conditions.append({"rate": 0.0, "kind": "all", "pool": 1, "detection": None})
    found = markdown(Results(conditions, runs()), "bleu")
    assert "**noise 0.5, 8 pairs: BLEU over 3 pools**" in found
    assert "| gain over base loss (best) |" in found
    assert "| G-DIG | 23.33 | +3.33 (+1.90 to +4.77) * | +2.33 (-1.46 to +6.13) |" in found
    assert "| shuffled | 0.500 |" in found
    assert "| truncated alone | 0.250 |" in found
    assert "noise 0:" not in found
    assert "Student's t over pools" in found
    one = markdown(Results(conditions[:1], runs(pools=(1,))), "bleu")
    assert "| G-DIG | 13.00 | +3.00 | +1.00 |" in one
    assert "nothing is known of the spread over pools" in one


@pytest.mark.parametrize(
    ("rates", "kinds", "pools"), [((0.0, 0.5), ("all",), (1, 2, 3)), ((0.5,), ("shuffled", "truncated"), (1,))]
)
def test_the_figure_is_drawn(rates, kinds, pools):
    spec = figure(cells_of(runs(rates, kinds, pools), "bleu"), "bleu")
    drawn = svg(spec)
    assert drawn.startswith("<svg")
    for text in ("gain over random", "gain over the best cheap control", "8 pairs", "G-DIG", "#D55E00"):
        assert text in drawn
    assert drawn == svg(spec)
    assert {row["selector"] for row in spec["data"]["values"]} == {"base_loss", "gdig"}
