import numpy as np
import pytest

from gdig.selectors.mining.neighbours import neighbour_distances, references

POINTS = np.random.default_rng(3).normal(size=(20, 4)).astype(np.float32)


@pytest.mark.parametrize("neighbour", [1, 3])
def test_distances_are_those_of_a_sorted_list_without_the_point_itself(neighbour):
    among = np.arange(20) % 3 > 0
    found = neighbour_distances(POINTS, among, POINTS[among], neighbour)
    for row in range(20):
        others = [n for n in range(20) if among[n] and n != row]
        distances = sorted(np.sqrt(((POINTS[n].astype(float) - POINTS[row]) ** 2).sum()) for n in others)
        assert found[row] == pytest.approx(distances[neighbour - 1], abs=1e-6)


def test_one_of_two_equal_points_is_the_others_neighbour():
    points = np.float32([[0, 0], [0, 0], [3, 4], [6, 8]])
    found = neighbour_distances(points, np.ones(4, dtype=bool), points, 1)
    np.testing.assert_allclose(found, [0, 0, 5, 5], atol=1e-6)


def test_references_are_a_seeded_draw_that_ignores_the_order_of_the_pool():
    ids = [f"p{n}" for n in range(30)]
    assert references(ids, 10, 2, 1) == references(ids[::-1], 10, 2, 1)
    assert references(ids, 10, 2, 1) != references(ids, 10, 2, 2)
    assert sorted(references(ids, None, 2, 1)) == sorted(ids)
    with pytest.raises(ValueError, match=r"indicators.neighbour = 6, but .* 6 pairs, .*lower it, or raise"):
        references(ids, 6, 6, 1)
