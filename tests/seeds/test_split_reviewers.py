import pytest

from gdig.io.records import Pair
from gdig.seeds.split_reviewers import split_reviewers

DRAFTS = [Pair(f"s-{n}", f"s{n}", f"t{n}") for n in range(14)]


def test_shared_rows_go_to_all_and_the_others_to_one_each():
    parts = split_reviewers(DRAFTS, 10, revisers=3, overlap=4)
    assert [[pair.id for pair in seeds] for seeds, _ in parts] == [
        ["s-0", "s-1", "s-2", "s-3", "s-4", "s-7"],
        ["s-0", "s-1", "s-2", "s-3", "s-5", "s-8"],
        ["s-0", "s-1", "s-2", "s-3", "s-6", "s-9"],
    ]
    assert sorted(pair.id for _, reserve in parts for pair in reserve) == ["s-10", "s-11", "s-12", "s-13"]


def test_one_reviser_gets_all():
    assert split_reviewers(DRAFTS, 10, revisers=1, overlap=0) == [(DRAFTS[:10], DRAFTS[10:])]
    assert split_reviewers(DRAFTS, 10, revisers=1, overlap=10) == [(DRAFTS[:10], DRAFTS[10:])]


@pytest.mark.parametrize(
    ("revisers", "overlap", "named"),
    [(0, 0, "--revisers 0"), (11, 0, "--revisers 11"), (2, 11, "--overlap 11"), (2, -1, "--overlap -1")],
)
def test_divisions_that_cannot_be(revisers, overlap, named):
    with pytest.raises(ValueError, match=named):
        split_reviewers(DRAFTS, 10, revisers, overlap)
