import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdig.selection.quality import apply_rule, assess


def matrix(shares, num_seeds=10):
    """Candidates that help the given numbers of seeds."""
    return np.array([[-1.0] * helped + [0.5] * (num_seeds - helped) for helped in shares], dtype=np.float32)


def ids(count):
    return [f"p{n}" for n in range(count)]


def test_equation_4_where_enough_help_every_seed():
    result = apply_rule(assess(ids(4), matrix([10, 9, 10, 10])), 3)
    assert {c.id for c in result.survivors} == {"p0", "p2", "p3"}
    assert result.share_reached == 1
    assert result.num_strict == 3


def test_zero_influence_does_not_help():
    candidates = assess(["a"], np.array([[0.0, -1.0]], dtype=np.float32))
    assert candidates[0].share_helped == 0.5


def test_the_rule_is_relaxed_no_further_than_needed():
    result = apply_rule(assess(ids(5), matrix([10, 9, 8, 8, 7])), 3)
    assert [c.id for c in result.survivors] == ["p0", "p1", "p2", "p3"]
    assert result.share_reached == 0.8
    assert result.num_strict == 1


def test_the_cut_is_at_the_last_candidate_that_is_needed():
    """The next candidate helps fewer seeds than any that is needed, so a cut one place lower would let it in."""
    result = apply_rule(assess(ids(4), matrix([10, 9, 8, 7])), 3)
    assert [c.id for c in result.survivors] == ["p0", "p1", "p2"]
    assert result.share_reached == 0.8


def test_seeds_count_one_at_a_time_and_never_by_their_mean():
    influence = np.array([[-100.0, 1.0, 1.0], [-0.1, -0.1, -0.1]], dtype=np.float32)
    result = apply_rule(assess(["strong", "steady"], influence), 1)
    assert [c.id for c in result.survivors] == ["steady"]


def test_equal_shares_are_ordered_by_mean_influence():
    influence = np.array([[-1.0, 2.0], [-5.0, 2.0]], dtype=np.float32)
    assert [c.id for c in apply_rule(assess(["a", "b"], influence), 2).survivors] == ["b", "a"]


def test_too_small_a_pool_and_nan_are_refused():
    with pytest.raises(ValueError, match=r"4 candidates cannot leave 5 survivors; lower"):
        apply_rule(assess(ids(4), matrix([10] * 4)), 5)
    broken = matrix([10, 10])
    broken[1, 3] = np.nan
    with pytest.raises(ValueError, match="pair p1: its influence is not a number"):
        assess(ids(2), broken)


def test_nobody_survives():
    with pytest.raises(ValueError, match="no candidate survives"):
        apply_rule(assess(ids(2), matrix([9, 9])), 0)


@given(st.lists(st.integers(0, 10), min_size=1, max_size=40), st.data())
def test_survivors_are_enough_and_all_as_good_as_the_rest(shares, data):
    wanted = data.draw(st.integers(1, len(shares)))
    candidates = assess(ids(len(shares)), matrix(shares))
    result = apply_rule(candidates, wanted)
    kept = {c.id for c in result.survivors}
    assert len(kept) >= wanted
    assert all(c.share_helped < result.share_reached for c in candidates if c.id not in kept)
    assert all(c.share_helped >= result.share_reached for c in result.survivors)
    # A stricter share would leave too few.
    assert result.share_reached == 1 or sum(c.share_helped > result.share_reached for c in candidates) < wanted
