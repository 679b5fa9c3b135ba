import numpy as np
import pytest

from gdig.selectors.gdig_joint.determinantal import determinantal

RIDGE = 0.01


def made(num=12, dim=4, seed=0):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(num, dim)) * rng.uniform(0.1, 20, size=(num, 1))
    return points.astype(np.float32), rng.uniform(size=num)


def kernel(points, quality, weight, ridge=RIDGE):
    """L, number by number."""
    lengths = np.linalg.norm(points.astype(np.float64), axis=1, keepdims=True)
    unit = points / np.where(lengths == 0, 1, lengths)
    return np.exp(weight * (quality[:, None] + quality[None])) * (unit @ unit.T + ridge * np.eye(len(points)))


def names(num):
    return [f"p{n}" for n in range(num)]


def picked(points, quality, count, *, weight=0.7, ridge=RIDGE, seed=1, ids=None):
    found = determinantal(ids or names(len(points)), points, weight * quality, count, ridge=ridge, seed=seed)
    return found if ids else [int(i[1:]) for i in found]


def greedy(kernel, count):
    """Each the one with the largest log det of L among all sets that add one."""
    taken = []
    for _ in range(count):
        value = {
            i: np.linalg.slogdet(kernel[np.ix_([*taken, i], [*taken, i])]).logabsdet
            for i in range(len(kernel))
            if i not in taken
        }
        taken.append(max(value, key=value.get))
    return taken


def chen(kernel, count):
    """Algorithm 1 of Chen et al. 2018: rows of the Cholesky factor of all points, one entry a pick."""
    rows = np.zeros((len(kernel), 0))
    rest = kernel.diagonal().copy()
    taken = [int(np.log(rest).argmax())]
    while len(taken) < count:
        j = taken[-1]
        entry = (kernel[j] - rows @ rows[j]) / np.sqrt(rest[j])
        rows = np.column_stack([rows, entry])
        rest = rest - entry**2
        open_ = [i for i in range(len(kernel)) if i not in taken]
        taken.append(max(open_, key=lambda i: rest[i]))
    return taken


@pytest.mark.parametrize("weight", [0.1, 0.7, 3])
@pytest.mark.parametrize("seed", range(3))
def test_picks_are_those_of_the_determinant_and_of_chens_cholesky_at_every_prefix(seed, weight):
    points, quality = made(seed=seed)
    expected = greedy(kernel(points, quality, weight), 12)
    assert chen(kernel(points, quality, weight), 12) == expected
    for count in range(13):
        assert picked(points, quality, count, weight=weight) == expected[:count]


@pytest.mark.parametrize("ridge", [0.001, 1.0])
def test_many_picks_in_few_dimensions_stay_exact(ridge):
    points, quality = made(num=120, dim=6, seed=4)
    assert picked(points, quality, 100, ridge=ridge) == greedy(kernel(points, quality, 0.7, ridge), 100)


def test_length_does_not_count_and_quality_alone_decides_where_weight_is_large():
    points, quality = made()
    assert picked(points * 37, quality, 12) == picked(points, quality, 12)
    assert picked(points, quality, 12, weight=1e3) == np.argsort(-quality).tolist()
    assert picked(points, quality, 12, weight=0) == picked(points, quality[::-1], 12, weight=0)


def test_of_equal_quality_each_direction_comes_before_a_second_point_of_any():
    groups = np.repeat(np.eye(5), [9, 7, 5, 3, 1], axis=0)
    points = groups + np.random.default_rng(1).normal(scale=0.01, size=groups.shape)
    found = picked(points.astype(np.float32), np.full(25, 0.5), 5)
    assert sorted(groups[found].argmax(axis=1)) == [0, 1, 2, 3, 4]


def test_a_duplicate_comes_after_what_is_new_but_for_much_better_quality():
    points = np.float32([[1, 0], [1, 0], [0, 1]])
    assert picked(points, np.array([0.9, 0.8, 0.1]), 3) == [0, 2, 1]
    assert picked(points, np.array([0.9, 0.8, 0.1]), 3, weight=30) == [0, 1, 2]


def test_a_point_without_gradient_tells_nothing_and_has_its_quality_alone():
    points = np.float32([[0, 0], [1, 0], [0, 1]])
    assert picked(points, np.array([1.0, 0.1, 0.2]), 3) == [2, 1, 0]
    assert picked(points, np.array([1.0, 0.1, 0.2]), 3, weight=9) == [0, 2, 1]
    zeros = np.zeros((4, 2), dtype=np.float32)
    assert picked(zeros, np.array([0.3, 0.1, 0.4, 0.2]), 4) == [2, 0, 3, 1]


def test_neither_order_nor_place_decides_ties_but_the_seed():
    points = np.repeat(np.random.default_rng(2).normal(size=(6, 3)), 4, axis=0).astype(np.float32)
    ids, quality = names(24), np.tile([0.4, 0.6], 12)
    found = picked(points, quality, 24, ids=ids)
    assert sorted(found) == sorted(ids)
    order = np.random.default_rng(3).permutation(24)
    assert picked(points[order], quality[order], 24, ids=[ids[n] for n in order]) == found
    assert picked(points, quality, 24, ids=ids, seed=2) != found
    assert picked(points, quality, 7, ids=ids) == found[:7]


def test_of_no_points_nothing_is_picked():
    assert picked(np.zeros((0, 3), dtype=np.float32), np.zeros(0), 0) == []
