from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdig.config import FilesSource
from gdig.ingest.apportion import apportion


def corpus(number, **measure):
    return FilesSource(name=f"c{number}", kind="files", path="x", **measure)


def by_weight(weights):
    return [corpus(number, weight=weight) for number, weight in enumerate(weights)]


weights = st.lists(st.floats(0.05, 20.0), min_size=1, max_size=6)
sizes = st.tuples(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(2000, 4000)).map(
    lambda counts: dict(zip(("valid", "heldout", "base_text", "pool"), counts, strict=True))
)


@given(weights, sizes)
def test_all_sums_are_exact_and_every_part_is_mixed_alike(weights, sizes):
    given_rows = apportion(by_weight(weights), sizes)
    for part, size in sizes.items():
        counts = [rows[part] for rows in given_rows.values()]
        assert sum(counts) == size
        for count, weight in zip(counts, weights, strict=True):
            exact = size * Fraction(str(weight)) / sum(Fraction(str(w)) for w in weights)
            assert abs(count - exact) < (4 if part == "pool" else 1)


@given(weights, sizes, st.integers(0, 5000))
def test_a_larger_pool_leaves_the_other_parts_as_they_were(weights, sizes, more):
    small = apportion(by_weight(weights), sizes)
    large = apportion(by_weight(weights), sizes | {"pool": sizes["pool"] + more})
    for name, rows in small.items():
        for part in ("valid", "heldout", "base_text"):
            assert large[name][part] == rows[part]


@given(st.integers(1, 900), weights, sizes)
def test_rows_are_exact_and_weights_share_what_is_left(rows, weights, sizes):
    given_rows = apportion([*by_weight(weights), corpus(99, rows=rows)], sizes)
    assert sum(given_rows["c99"].values()) == rows
    total = sum(sizes.values())
    for number, weight in enumerate(weights):
        exact = (total - rows) * Fraction(str(weight)) / sum(Fraction(str(w)) for w in weights)
        assert abs(sum(given_rows[f"c{number}"].values()) - exact) < 1


def test_a_known_mixture():
    sources = [corpus(0, rows=100), corpus(1, weight=3.0), corpus(2, weight=1.0)]
    assert apportion(sources, {"valid": 10, "heldout": 10, "pool": 480}) == {
        "c0": {"valid": 2, "heldout": 2, "pool": 96},
        "c1": {"valid": 6, "heldout": 6, "pool": 288},
        "c2": {"valid": 2, "heldout": 2, "pool": 96},
    }


@given(st.lists(st.integers(1, 3), min_size=1, max_size=9))
def test_sources_of_a_few_rows_fit_too(rows):
    sizes = {"valid": 1, "heldout": 1, "base_text": 0, "pool": max(sum(rows) - 2, 1)}
    extra = sum(sizes.values()) - sum(rows)
    sources = [corpus(number, rows=count) for number, count in enumerate(rows)]
    if extra:
        sources.append(corpus(99, weight=1.0))
    given_rows = apportion(sources, sizes)
    assert [sum(given_rows[f"c{number}"].values()) for number in range(len(rows))] == rows
    assert min(count for parts in given_rows.values() for count in parts.values()) >= 0


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([corpus(0, rows=50)], r"pool.sources give 50 rows, but heldout \+ pool = 10 \+ 90 = 100 are needed; change"),
        ([corpus(0, rows=101), corpus(1, weight=1.0)], "give 101 rows, but .* = 100 are needed"),
        (
            [corpus(0, rows=100), corpus(1, weight=1.0)],
            "'c1' with weight 1.0 gives none of 100 rows; raise it or",
        ),
        ([corpus(0, weight=1.0), corpus(1, weight=0.001)], "'c1' with weight 0.001 gives none of 100 rows"),
    ],
)
def test_numbers_that_do_not_add_up_are_reported(sources, message):
    with pytest.raises(ValueError, match=message):
        apportion(sources, {"heldout": 10, "pool": 90})
