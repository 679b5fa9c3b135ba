import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from benchmarks.lds.score import ceiling, per_seed, summary
from gdig.trials.lds_subsets import draw


def test_the_score_of_a_seed_is_scipys_spearman_over_subsets_ties_too():
    rng = np.random.default_rng(1)
    predicted, real = rng.normal(size=(30, 5)).round(1), rng.normal(size=(30, 5)).round(1)
    expected = [spearmanr(predicted[:, m], real[:, m]).statistic for m in range(5)]
    assert per_seed(predicted, real) == pytest.approx(expected, abs=1e-12)


def test_a_constant_prediction_has_no_score_and_does_not_count():
    real = np.arange(12.0).reshape(6, 2)
    predicted = np.stack([np.zeros(6), np.arange(6.0)], axis=1)
    assert math.isnan(per_seed(predicted, real)[0])
    assert summary(predicted, real[None], 100, 0.95, 1)["per_seed"]["mean"] == pytest.approx(1.0)


def test_the_ceiling_is_what_a_predictor_of_the_expected_loss_reaches():
    rng = np.random.default_rng(2)
    expected = rng.normal(size=(4000, 3))
    runs = expected + rng.normal(scale=1.2, size=(3, 4000, 3))
    reached = per_seed(expected, runs.mean(axis=0))
    assert ceiling(runs) == pytest.approx(reached, abs=0.02)
    assert np.isnan(ceiling(runs[:1])).all()


def test_intervals_hold_the_score_and_narrow_with_more_subsets():
    rng = np.random.default_rng(3)

    def interval(num_subsets):
        real = rng.normal(size=(2, num_subsets, 4))
        found = summary(real.mean(axis=0) + rng.normal(size=(num_subsets, 4)), real, 200, 0.95, 1)["of_mean"]
        assert found["low"] <= found["mean"] <= found["high"]
        return found["high"] - found["low"]

    assert interval(800) < interval(40) / 2


def test_subsets_are_uniform_draws_that_do_not_depend_on_the_order_of_the_pool():
    ids = [f"pool-{n}" for n in range(50)]
    subsets = draw(ids, 40, 200, 0.5, seed=7)
    assert subsets == draw(ids[::-1], 40, 200, 0.5, seed=7)
    assert {len(set(subset)) for subset in subsets} == {20}
    counts = np.array([sum(i in subset for subset in subsets) for i in set().union(*subsets)])
    assert len(counts) == 40
    assert counts.min() > 70
    assert counts.max() < 130
    with pytest.raises(ValueError, match="lds.num_pairs = 51, but the pool has 50"):
        draw(ids, 51, 3, 0.5, seed=7)
