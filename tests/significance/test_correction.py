import math
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import ttest_rel

from gdig.significance.correction import holm, paired_t_test

VALUES = st.floats(0, 100)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=7))
def test_t_test_is_scipys(pairs):
    system, baseline = zip(*pairs, strict=True)
    if found := paired_t_test(system, baseline):
        assert found == pytest.approx(tuple(ttest_rel(system, baseline)), abs=1e-6)


def test_t_test_by_hand():
    t, p = paired_t_test([33.1, 42.3, 59.7], [20.2, 32.6, 43.3])
    mean, variance = 13.0, ((12.9 - 13) ** 2 + (9.7 - 13) ** 2 + (16.4 - 13) ** 2) / 2
    assert t == pytest.approx(mean / math.sqrt(variance / 3))
    assert p == pytest.approx(2 * student.sf(t, df=2))


# Differences of large values are equal but for the rounding of those values.
LARGE = ([1e6 + 0.1, 7.3], [1e6, 7.2])


@pytest.mark.parametrize(
    "values", [([3.0], [1.0]), ([3.0, 4.0], [1.0, 2.0]), ([1.1, 2.2], [1.0, 2.1]), ([], []), LARGE]
)
def test_no_test_of_one_budget_or_of_differences_without_spread(values):
    assert paired_t_test(*values) is None


@settings(max_examples=40)  # statsmodels takes a fifth of a second
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_bonferroni_closed(p_values):
    """A hypothesis falls where Bonferroni lets every set that holds it fall."""
    everything = range(len(p_values))
    sets = [s for size in range(1, len(p_values) + 1) for s in combinations(everything, size)]
    adjusted = holm(dict(enumerate(p_values)))
    for one in everything:
        worst = max(min(1.0, len(s) * min(p_values[i] for i in s)) for s in sets if one in s)
        assert adjusted[one] == pytest.approx(worst, abs=1e-12)


def test_holm_of_nothing():
    assert holm({}) == {}
