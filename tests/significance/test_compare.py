import json
import statistics

import numpy as np
import pytest
from scipy.stats import ttest_rel

from gdig.significance.compare import Cell, better, significance
from gdig.significance.resampling import Resampled


def cell(*bleu, loss=1.0, num_samples=500):
    """A cell of one replicate a BLEU, whose resamples have a standard deviation of one."""
    scores = {
        seed: {"seed": seed, "bleu": value, "valid_loss": loss + 0.1 * seed, "empty": 3}
        for seed, value in enumerate(bleu, start=1)
    }
    resampled = {
        seed: {"bleu": Resampled(value, np.random.default_rng(round(10 * value)).normal(value, size=num_samples))}
        for seed, value in enumerate(bleu, start=1)
    }
    return Cell(scores, resampled)


FULL = cell(50.0, 52.0)
CELLS = {
    "random": {"b1": cell(10.0, 12.0), "b2": cell(20.0, 22.0), "b3": cell(30.0, 30.0)},
    "gdig": {"b1": cell(15.0, 16.0, loss=0.5), "b2": cell(26.0, 25.0, loss=0.4), "b3": cell(30.1, 29.8, loss=1.2)},
    "full": {"b1": FULL, "b2": FULL, "b3": FULL},
}


@pytest.fixture
def found():
    return significance(CELLS, "random", 500, 0.95, 1)


def test_replicates_have_mean_sd_and_interval(found):
    entry = found["replicates"]["gdig"]["b1"]["bleu"]
    assert entry == {"n": 2, "mean": 15.5, "sd": pytest.approx(statistics.stdev([15, 16])), "low": 15, "high": 16}
    assert set(found["replicates"]["gdig"]["b1"]) == {"bleu", "valid_loss"}


def test_one_replicate_has_no_spread():
    one = {name: {"b1": cell(10.0)} for name in ("random", "gdig")}
    entry = significance(one, "random", 500, 0.95, 1)["replicates"]["gdig"]["b1"]["bleu"]
    assert entry == {"n": 1, "mean": 10.0, "sd": None, "low": None, "high": None}


def test_a_clear_difference_holds_and_a_small_one_does_not(found):
    clear, small = (found["against_baseline"][budget]["gdig"]["bleu"] for budget in ("b1", "b3"))
    assert (clear["difference"], clear["seeds_won"], clear["holds"]) == (4.5, 2, True)
    assert clear["low"] < 4.5 < clear["high"]
    assert set(clear["p_sacrebleu"]) == {"seed-1", "seed-2"}
    assert (small["seeds_won"], small["holds"]) == (1, False)
    assert small["p_holm"] >= small["p"] > 0.05


def test_holm_is_over_all_tests_of_a_budget(found):
    tests = [entry["bleu"] for entry in found["against_baseline"]["b1"].values()]
    assert [entry["p"] for entry in tests] == [1 / 501, 1 / 501]
    assert [entry["p_holm"] for entry in tests] == [2 / 501, 2 / 501]


def test_losses_are_compared_but_not_resampled(found):
    assert found["against_baseline"]["b1"]["gdig"]["valid_loss"] == {
        "difference": pytest.approx(-0.5),
        "seeds_won": 2,
    }


def test_over_budgets_as_in_scipy(found):
    assert set(found["over_budgets"]) == {"gdig"}
    entry = found["over_budgets"]["gdig"]["bleu"]
    expected = ttest_rel([15.5, 25.5, 29.95], [11, 21, 30])
    assert (entry["t"], entry["p"]) == pytest.approx(tuple(expected), abs=1e-6)
    assert (entry["budgets_won"], entry["num_budgets"]) == (2, 3)
    loss = found["over_budgets"]["gdig"]["valid_loss"]
    assert loss["budgets_won"] == 2  # less is better
    assert entry["p_holm"] == pytest.approx(min(1, max(2 * min(entry["p"], loss["p"]), entry["p"])))


def test_one_budget_has_no_test_over_budgets():
    one = {name: {"b1": budgets["b1"]} for name, budgets in CELLS.items()}
    entry = significance(one, "random", 500, 0.95, 1)["over_budgets"]["gdig"]["bleu"]
    assert entry == {"budgets_won": 1, "num_budgets": 1, "t": None, "p": None, "p_holm": None, "holds": None}


def test_the_full_pool_can_be_the_baseline():
    found = significance(CELLS, "full", 500, 0.95, 1)
    assert set(found["against_baseline"]["b2"]) == set(found["over_budgets"]) == {"random", "gdig"}
    assert found["against_baseline"]["b2"]["gdig"]["bleu"]["difference"] == -25.5
    json.dumps(found, allow_nan=False)


def test_other_training_seeds_are_refused():
    broken = CELLS | {"gdig": CELLS["gdig"] | {"b2": cell(1.0, 2.0, 3.0)}}
    with pytest.raises(ValueError, match=r"gdig was trained with seeds \[1, 2, 3\], its baseline with \[1, 2\]"):
        significance(broken, "random", 500, 0.95, 1)


def test_scores_of_other_translations_are_refused():
    own = CELLS["gdig"]["b2"]
    broken = Cell({seed: row | {"bleu": row["bleu"] + 0.01} for seed, row in own.scores.items()}, own.resampled)
    with pytest.raises(
        ValueError, match=r"gdig b2: bleu of seed 1 is stored as 26.01 but is 26.0000 here.*stage score"
    ):
        significance(CELLS | {"gdig": CELLS["gdig"] | {"b2": broken}}, "random", 500, 0.95, 1)


@pytest.mark.parametrize(
    ("metric", "sign"),
    [
        ("bleu", 1),
        ("bleu_wmt22", 1),
        ("comet", 1),
        ("valid_loss", -1),
        ("seed_loss", -1),
        ("seed", None),
        ("empty", None),
    ],
)
def test_which_way_is_better(metric, sign):
    assert better(metric) == sign


def test_learned_metrics_are_tested_like_the_others_and_with_all_their_digits():
    """Stored with four decimals, a mean of segments has more; so do its tests."""

    def learned(*values):
        found = cell(*(100 * value for value in values))
        scores = {seed: row | {"comet_wmt22": round(row["bleu"] / 100, 4)} for seed, row in found.scores.items()}
        resampled = {
            seed: metrics | {"comet_wmt22": Resampled(metrics["bleu"].score / 100, metrics["bleu"].samples / 100)}
            for seed, metrics in found.resampled.items()
        }
        return Cell(scores, resampled)

    cells = {
        "random": {"b1": learned(0.71234567, 0.7001), "b2": learned(0.7301, 0.7401)},
        "gdig": {"b1": learned(0.72345678, 0.7101), "b2": learned(0.7411, 0.7431)},
    }
    found = significance(cells, "random", 500, 0.95, 1)
    entry = found["against_baseline"]["b1"]["gdig"]["comet_wmt22"]
    assert entry["difference"] == pytest.approx((0.01111111 + 0.01) / 2, abs=1e-9)
    assert entry["low"] < entry["difference"] < entry["high"]
    assert "p_sacrebleu" not in entry
    over = found["over_budgets"]["gdig"]["comet_wmt22"]
    expected = ttest_rel([(0.72345678 + 0.7101) / 2, 0.7421], [(0.71234567 + 0.7001) / 2, 0.7351])
    assert (over["t"], over["p"]) == pytest.approx(tuple(expected), rel=1e-6)
    assert (over["budgets_won"], over["p_holm"] >= over["p"]) == (2, True)
    json.dumps(found, allow_nan=False)
