from itertools import product

import numpy as np
import pytest

from gdig.io.order import shuffled
from gdig.selectors.mods.kcenter import k_center

GRID = {f"g{x}{y}": (float(x), float(y)) for x, y in product(range(4), range(3))}  # full of ties


def points_of(ids, points):
    return np.array([points[i] for i in ids], dtype=np.float32)


def by_brute_force(points, count, seed, centres):
    """Every distance anew in exact integers; of equals the first in the seeded order."""
    taken, left = [], shuffled(points, seed)
    for _ in range(count):
        reached = [*centres, *(points[i] for i in taken)]

        def distance(i, reached=reached):
            return min((sum((a - b) ** 2 for a, b in zip(points[i], c, strict=True)) for c in reached), default=0)

        taken.append(max(left, key=distance))  # max returns the first of equals
        left.remove(taken[-1])
    return taken


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("centres", [[], [(0.0, 0.0)], [(3.0, 2.0), (0.0, 1.0)]])
def test_each_is_the_furthest_from_those_before_it_and_ties_fall_by_seed(seed, centres):
    given = np.array(centres, dtype=np.float32) if centres else None
    ids = list(GRID)
    found = k_center(ids, points_of(ids, GRID), len(ids), seed, given)
    assert found == by_brute_force(GRID, len(ids), seed, centres)


def test_fewer_are_a_prefix_and_the_order_of_the_points_does_not_matter():
    rng = np.random.default_rng(3)
    points = {f"p{n}": rng.normal(size=5) for n in range(300)}
    ids = list(points)
    whole = k_center(ids, points_of(ids, points), 120, 1, None)
    assert k_center(ids[::-1], points_of(ids[::-1], points), 40, 1, None) == whole[:40]


def test_the_seed_draws_the_first_point():
    ids = list(GRID)
    assert len({k_center(ids, points_of(ids, GRID), 1, seed, None)[0] for seed in range(20)}) > 3


def test_points_that_coincide_are_taken_once_each():
    points = np.zeros((6, 2), dtype=np.float32)
    ids = [f"p{n}" for n in range(6)]
    assert sorted(k_center(ids, points, 6, 1, points[:1])) == ids


def test_blocks_of_rows_change_nothing(monkeypatch):
    ids = [f"p{n}" for n in range(50)]
    points = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    whole = k_center(ids, points, 50, 1, None)
    monkeypatch.setattr("gdig.selectors.mods.kcenter.ROWS_AT_ONCE", 7)
    assert k_center(ids, points, 50, 1, None) == whole
