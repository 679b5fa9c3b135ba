import numpy as np
import pytest

from gdig.selectors.mods import ranking as mods

REWARDS = {"a": 3.0, "b": 1.0, "c": -1.0, "d": 2.0, "e": 1.0}


def test_quality_is_a_threshold_or_a_share_best_first():
    assert mods.high_quality(REWARDS, 1.0, None, 1) == ["a", "d"]
    assert mods.high_quality(REWARDS, None, 0.4, 1) == ["a", "d"]
    assert mods.high_quality(REWARDS, -5.0, None, 1)[-1] == "c"
    with_tie = {tuple(mods.high_quality(REWARDS, None, 0.6, seed)) for seed in range(8)}
    assert with_tie == {("a", "d", "b"), ("a", "d", "e")}


def test_what_is_done_badly_is_necessary_worst_first():
    assert mods.necessary(REWARDS, 1.0, None, 1) == ["c"]
    assert mods.necessary(REWARDS, None, 0.2, 1) == ["c"]
    assert mods.necessary(REWARDS, 100.0, None, 1)[0] == "c"
    assert len(mods.necessary(REWARDS, 100.0, None, 1)) == len(REWARDS)


def test_how_many_will_be_necessary_is_known_before_or_an_upper_bound_is():
    for share in (0.2, 0.5, 1.0):
        assert len(mods.necessary(REWARDS, None, share, 1)) == mods.most_necessary(len(REWARDS), share)
    assert len(mods.necessary(REWARDS, 1.0, None, 1)) <= mods.most_necessary(len(REWARDS), None) == len(REWARDS)


IDS = [f"p{n}" for n in range(10)]
LINE = np.arange(10, dtype=np.float32)[:, None]


def test_coverage_comes_first_and_necessity_goes_on_covering():
    # 0 and 9 are covered: of 1, 2, 5, 8 the furthest is 5 (4 from 9), then 2 (2 from 0), then 1 or 8.
    ranking = mods.rank(["p9", "p0"], ["p1", "p2", "p5", "p8"], IDS, LINE, 5, 1)
    assert ranking[:4] == ["p9", "p0", "p5", "p2"]
    assert ranking[4] in {"p1", "p8"}
    assert mods.rank(["p9", "p0"], ["p5"], IDS, LINE, 1, 1) == ["p9", "p0"]


def test_too_few_for_the_largest_budget_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"2 pairs of its coverage set and 1 necessary ones, fewer .* budget 4; raise"):
        mods.rank(["p9", "p0"], ["p5"], IDS, LINE, 4, 1)
