import pytest

from gdig.selectors.mining.subsets import sample_subsets
from tests.selectors.mining.toy import COLUMNS, IDS, NAMES, SUBSETS


def test_there_is_a_subset_of_each_bin_and_random_ones():
    assert list(SUBSETS) == [
        *(f"{name}-{number}" for name in NAMES for number in (1, 2)),
        *(f"random-{n}" for n in "123"),
    ]
    for name, ids in SUBSETS.items():
        assert len(set(ids)) == 6
        indicator, number = name.rsplit("-", 1)
        if indicator != "random":
            order = sorted(IDS, key=COLUMNS[indicator].get)
            assert set(ids) <= set(order[:10] if number == "1" else order[10:])
    assert len({tuple(sorted(ids)) for ids in SUBSETS.values()}) == len(SUBSETS)


def test_bins_differ_by_one_at_most_and_hold_all():
    bins = sample_subsets(COLUMNS, ["loss"], 3, 1, 6, 1)
    order = sorted(IDS, key=COLUMNS["loss"].get)
    for number, part in enumerate([order[:6], order[6:13], order[13:]], start=1):
        assert set(bins[f"loss-{number}"]) <= set(part)


def test_neither_the_order_of_the_pool_nor_that_of_ties_matters_but_the_seed_does():
    shuffled = {name: dict(reversed(column.items())) for name, column in COLUMNS.items()}
    assert sample_subsets(shuffled, NAMES, 2, 3, 6, 1) == SUBSETS
    assert sample_subsets(COLUMNS, NAMES, 2, 3, 6, 2) != SUBSETS
    ties = {"loss": dict.fromkeys(IDS, 1.0)}
    assert sample_subsets(ties, ["loss"], 2, 1, 5, 1) == sample_subsets(
        {"loss": dict.fromkeys(IDS[::-1], 1.0)}, ["loss"], 2, 1, 5, 1
    )


def test_a_subset_larger_than_a_bin_is_refused():
    with pytest.raises(ValueError, match=r"subset_size = 7, but a bin of 20 candidates in num_bins = 3 holds 6; lower"):
        sample_subsets(COLUMNS, NAMES, 3, 1, 7, 1)
