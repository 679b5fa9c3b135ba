import numpy as np
import pytest

from gdig.selectors.superfiltering.facility_location import facility_location


def best_at_each(points, picks):
    """Yield, before each pick, all points whose gain is the largest: from the whole matrix of similarities by distance.

    Two points that are nearest to each other often tie.
    """
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    similarity = 2 - ((unit[:, None] - unit[None]) ** 2).sum(axis=2) / 2
    covered = np.zeros(len(points))
    for number, pick in enumerate(picks):
        values = np.array([np.maximum(covered, similarity[:, j]).sum() for j in range(len(points))])
        values[picks[:number]] = -1
        yield set(np.flatnonzero(values > values.max() - 1e-8).tolist())
        covered = np.maximum(covered, similarity[:, pick])


@pytest.mark.parametrize("seed", range(4))
def test_lazy_picks_are_those_of_plain_greedy(seed):
    points = np.random.default_rng(seed).normal(size=(60, 5)) + np.eye(5)[0]
    picks = [int(i) for i in facility_location([str(n) for n in range(60)], points, 60, seed)]
    assert sorted(picks) == list(range(60))
    best = list(best_at_each(points, picks))
    assert all(pick in among for pick, among in zip(picks, best, strict=True))
    assert all(len(among) == 1 for among in best[:10])


def test_one_of_each_group_comes_before_a_second_of_any():
    groups = np.repeat(np.eye(5), [9, 7, 5, 3, 1], axis=0)
    points = groups + np.random.default_rng(1).normal(scale=0.01, size=groups.shape)
    ids = [f"{n}" for n in range(25)]
    first = facility_location(ids, points.astype(np.float32), 5, 1)
    assert [int(groups[int(i)].argmax()) for i in first] == [0, 1, 2, 3, 4]


def test_neither_order_nor_place_decides_ties():
    points = np.repeat(np.random.default_rng(2).normal(size=(6, 3)), 4, axis=0).astype(np.float32)
    ids = [f"p{n}" for n in range(24)]
    found = facility_location(ids, points, 24, 1)
    assert sorted(found) == sorted(ids)
    assert facility_location(ids[::-1], points[::-1], 24, 1) == found
    assert facility_location(ids, points, 24, 2) != found
    assert facility_location(ids, points, 7, 1) == found[:7]
