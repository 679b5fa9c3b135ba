import numpy as np
import pytest

from gdig.selectors.gdig_joint import cleanliness as module
from gdig.selectors.gdig_joint.cleanliness import (
    Evidence,
    consistency,
    control_evidence,
    pool_evidence,
    relative_positions,
)


def influence(num=9, seeds=7, seed=1):
    return np.random.default_rng(seed).normal(0.3, 1, size=(num, seeds)).astype(np.float32)


def test_consistency_is_minus_the_mean_over_the_deviation_of_the_seeds_that_count(monkeypatch):
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 4)
    values = influence()
    mask = np.random.default_rng(2).random(values.shape) < 0.6
    mask[:, 0] = True
    whole, masked = consistency(values), consistency(values, mask)
    for row in range(len(values)):
        own = values[row].astype(np.float64)
        assert whole[row] == pytest.approx(-own.mean() / own.std())
        own = own[mask[row]]
        assert masked[row] == pytest.approx(-own.mean() / own.std() if len(own) > 1 else 0)


def test_it_has_no_scale_and_is_positive_where_a_pair_helps():
    values = influence()
    np.testing.assert_allclose(consistency(values * 1024), consistency(values))
    np.testing.assert_allclose(consistency(-values), -consistency(values))
    assert consistency(np.float32([[-1, -2, -3], [1, 2, 3]])).tolist() == pytest.approx([6**0.5, -(6**0.5)])


def test_it_is_zero_where_influence_is_the_same_on_all_seeds_or_on_one():
    # Thirds have means that are not quite their own in float64.
    constant = np.repeat(np.float32([[0.0], [1 / 3], [-1e-7 / 3]]), 7, axis=1)
    assert consistency(constant).tolist() == [0, 0, 0]
    assert consistency(influence(seeds=1)).tolist() == [0] * 9
    assert consistency(influence(), np.arange(7) == np.full((9, 1), 3)).tolist() == [0] * 9


def test_positions_are_shares_of_the_pool_behind_with_ties_by_half():
    pool = Evidence(list("abcd"), np.array([[1.0], [2.0], [2.0], [5.0]]))
    asked = Evidence(list("vwxyz"), np.array([[0.0], [1.0], [2.0], [3.0], [9.0]]))
    assert relative_positions(pool, asked)[:, 0].tolist() == [0, 0.125, 0.5, 0.75, 1]
    equal = Evidence(list("abcd"), np.full((4, 1), 7.0))
    assert relative_positions(equal, equal)[:, 0].tolist() == [0.5] * 4
    own = relative_positions(pool, pool)[:, 0]
    assert own.mean() == pytest.approx(0.5)


def test_a_pool_and_controls_have_the_same_columns_higher_speaking_for_a_pair():
    values = influence(num=3)
    pool = pool_evidence(list("abc"), values, {"c": 3.0, "a": 1.0, "b": 2.0, "x": 9.0}, {"a": 0.1, "b": 0.2, "c": 0.3})
    assert pool.ids == ["a", "b", "c"]
    assert pool.values_NF.tolist() == [[c, -base, -own] for c, base, own in zip(
        consistency(values), (1, 2, 3), (0.1, 0.2, 0.3), strict=True)]  # fmt: skip
    rows = [{"id": "s", "consistency": 0.5, "base_loss": 2.0, "loss": 1.0}]
    assert control_evidence(rows).values_NF.tolist() == [[0.5, -2.0, -1.0]]


@pytest.mark.parametrize("losses", [{"a": 0.1}, {"a": 0.1, "b": None}])
def test_a_candidate_without_a_loss_is_named(losses):
    known = {"a": 1.0, "b": 2.0}
    for base, own, name in ((losses, known, "base_loss"), (known, losses, "loss")):
        with pytest.raises(ValueError, match=rf"^rankings/{name}: no score of 'b', which is in the pool"):
            pool_evidence(["a", "b"], influence(num=2), base, own)
