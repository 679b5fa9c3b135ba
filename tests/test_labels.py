import numpy as np
import pytest

from gdig.io.statistics import budget_key, percentile_interval, summarise
from gdig.labels import balanced, calibration_error, clean_share, detection, has_labels, reliability
from gdig.report.dvc_files import focus
from stages.selection import cluster_coverage

KINDS = {"a": "clean", "b": "clean", "c": "shuffled", "d": "truncated", "e": "truncated"}


def test_summary_of_replicates():
    assert summarise([{"x": 1.0}, {"x": 3.0}]) == {"x": {"mean": 2.0, "sd": pytest.approx(2**0.5)}}
    assert summarise([{"x": 1.0}])["x"]["sd"] is None


def test_a_budget_has_one_key_whatever_the_others_are():
    assert [budget_key(budget) for budget in (64, 9999, 64000)] == ["b0064", "b9999", "b64000"]


@pytest.mark.parametrize(("confidence", "expected"), [(0.9, (50, 950)), (0.5, (250, 750)), (1.0, (0, 1000))])
def test_an_interval_leaves_out_equal_tails_that_add_up_to_the_rest(confidence, expected):
    assert percentile_interval(range(1001), confidence) == pytest.approx(expected)


def test_detection():
    scores = {"a": 0.9, "b": 0.2, "c": 0.1, "d": 0.5, "e": 0.0}
    result = detection(["a", "d"], scores, KINDS)
    assert result["precision"] == 0.5
    assert result["recall"] == 0.5
    assert result["rejected"] == {"shuffled": 1.0, "truncated": 0.5}
    assert result["auc"] == pytest.approx(5 / 6)  # of six clean-noisy pairs, only (b, d) is the wrong way round
    assert clean_share(["a", "c"], KINDS) == 0.5


def test_without_planted_noise_nothing_is_known():
    assert has_labels(KINDS.values())
    assert not has_labels(["clean"])


def test_cluster_coverage():
    clusters = {"a": 0, "b": 0, "c": 1, "d": 2}
    assert cluster_coverage(["a", "b", "x", "c"], clusters, [2, 4]) == {"b0002": 1 / 3, "b0004": 2 / 3}


def metrics(bleu, labelled=True):
    entry = {key: {"mean": value, "sd": 0.5} for key, value in (("bleu", bleu), ("chrf", 2 * bleu))}
    entry |= {key: {"mean": 1.0, "sd": 0.1} for key in ("seed_loss", "valid_loss")} | {"num_pairs": 64}
    return {"b0064": entry | ({"clean_share": 0.75} if labelled else {})}


ALL = {"random": metrics(10.0), "<gdig>": metrics(30.0), "full": metrics(40.0)}


def test_focus_holds_the_selector_and_its_gain():
    result = focus(ALL, "<gdig>", "random")
    assert result["b0064"]["bleu"]["mean"] == 30
    assert result["b0064"]["gain"] == {"bleu": 20, "chrf": 40, "seed_loss": 0, "valid_loss": 0}
    assert focus(ALL, "random", "random")["b0064"].keys() == result["b0064"].keys()


def test_reliability_is_of_both_classes_alike_and_leaves_empty_bins_out():
    probabilities, sound = np.array([0.05, 0.07, 0.95, 0.95, 0.95]), np.array([False, True, True, True, False])
    found = reliability(probabilities, sound, balanced(sound))
    assert [row["weight"] for row in found] == pytest.approx([1 / 4 + 1 / 6, 1 / 4 + 2 / 6])
    assert found[0]["predicted"] == pytest.approx((0.05 / 4 + 0.07 / 6) / (1 / 4 + 1 / 6))
    assert [row["sound"] for row in found] == pytest.approx([(1 / 6) / (1 / 4 + 1 / 6), (2 / 6) / (1 / 4 + 2 / 6)])
    assert [row["weight"] for row in reliability(probabilities, sound)] == pytest.approx([0.4, 0.6])


def test_calibration_error_is_the_weighted_distance():
    bins = [{"predicted": 0.1, "sound": 0.3, "weight": 0.25}, {"predicted": 0.9, "sound": 0.8, "weight": 0.75}]
    assert calibration_error(bins) == pytest.approx(0.25 * 0.2 + 0.75 * 0.1)
