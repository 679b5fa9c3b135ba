import random
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import spearmanr

from gdig.report.efficiency.overlap import by_chance, jaccard, jaccards, rank_correlations


def positions(*values):
    return np.array(values, dtype=np.int64)


def test_jaccard_of_the_first_of_each():
    one, other = positions(0, 1, 2, 3), positions(2, 4, 0, 5)
    assert jaccard(one, other, 1) == 0
    assert jaccard(one, other, 3) == pytest.approx(2 / 4)
    assert jaccard(one, other, 4) == pytest.approx(2 / 6)
    np.testing.assert_allclose(jaccards([one, other], 3), [[1, 0.5], [0.5, 1]])


def test_what_chance_gives():
    draw = random.Random(1)
    found = [jaccard(*(positions(*draw.sample(range(200), 40)) for _ in "ab"), 40) for _ in range(400)]
    assert np.mean(found) == pytest.approx(by_chance(40, 200), abs=0.01)


def test_rank_correlation_over_the_pool_and_what_is_left_out_is_tied():
    rankings = [positions(0, 1, 2, 3, 4), positions(4, 3, 2, 1, 0), positions(1, 0), positions(3, 0, 4)]
    # Ranks by hand: of the third, 2 to 4 share (3 + 4 + 5) / 3.
    by_hand = [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [2, 1, 4, 4, 4], [2, 4.5, 4.5, 1, 3]]
    found = rank_correlations(rankings, 5)
    assert found[0, 1] == pytest.approx(-1)
    for one, other in combinations(range(4), 2):
        assert (
            found[one, other]
            == found[other, one]
            == pytest.approx(np.corrcoef(by_hand[one], by_hand[other])[0, 1], abs=1e-12)
        )
    assert found[0, 3] == pytest.approx(spearmanr(by_hand[0], by_hand[3]).statistic, abs=1e-12)
    assert rank_correlations(rankings[:1], 5).shape == (1, 1)
