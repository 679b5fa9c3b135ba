import numpy as np
import pytest

from gdig.tools.humaneval.inference import intervals, sign_test, wilcoxon_test


def test_sign_test_is_the_sum_of_binomial_tails():
    assert sign_test(15, 2) == pytest.approx(2 * (1 + 17 + 136) / 2**17)
    assert sign_test(2, 15) == sign_test(15, 2)
    assert sign_test(4, 4) == 1
    assert sign_test(0, 0) == 1


def test_wilcoxon_of_darwins_maize():
    """Differences in eighths of an inch, The Effects of Cross and Self Fertilisation (1876)."""
    differences = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]
    assert wilcoxon_test(differences) == pytest.approx(0.041259765625)
    assert wilcoxon_test([0.0, 0.0]) == 1


def test_intervals_are_those_of_the_normal_law_for_many_segments():
    values = np.zeros((400, 2))
    values[:120, 0] = 1
    values[:, 1] = 3
    first, constant = intervals(values, seed=1)
    margin = 1.96 * (0.3 * 0.7 / 400) ** 0.5
    assert first["value"] == pytest.approx(0.3)
    assert first["low"] == pytest.approx(0.3 - margin, abs=0.005)
    assert first["high"] == pytest.approx(0.3 + margin, abs=0.005)
    assert constant == {"value": 3, "low": 3, "high": 3}


def test_intervals_depend_on_the_seed_alone():
    values = np.random.default_rng(0).normal(size=(50, 1))
    assert intervals(values, 1) == intervals(values, 1) != intervals(values, 2)


def test_intervals_cover_the_truth_as_often_as_they_say():
    samples = np.random.default_rng(0).random((60, 500)) < 0.35
    covered = [interval["low"] <= 0.35 <= interval["high"] for interval in intervals(samples.astype(float), seed=1)]
    assert 0.92 <= np.mean(covered) <= 0.97
