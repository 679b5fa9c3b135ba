import pytest

from gdig.io.order import shuffle_key
from gdig.selectors import alpagasus

RATINGS = {f"p{n:02d}": [4.5, 5.0, 2.0, None, 4.5, 0.0, 3.5, 5.0, 4.0, 1.0][n % 10] for n in range(20)}


def by_hand(ratings, threshold, seed):
    """Buckets of a rating, best first, each in the order of the seed; no sort by a pair."""
    ranking = []
    for value in (5.0, 4.5, 4.0, 3.5, 2.0, 1.0, 0.0, None):
        if threshold is None or (value is not None and value >= threshold):
            ranking += sorted((i for i in ratings if ratings[i] == value), key=lambda i: shuffle_key(seed, i))
    return ranking


@pytest.mark.parametrize("threshold", [None, 4.5, 0.0])
def test_best_first_and_those_without_a_rating_last(threshold):
    ranking = alpagasus.rank(RATINGS, threshold, 7)
    assert ranking == by_hand(RATINGS, threshold, 7)
    assert len(ranking) == {None: 20, 4.5: 8, 0.0: 18}[threshold]
    assert alpagasus.rank(dict(reversed(RATINGS.items())), threshold, 7) == ranking


def test_ties_fall_by_the_seed():
    assert alpagasus.rank(RATINGS, None, 1) != alpagasus.rank(RATINGS, None, 2)
    assert {alpagasus.score(RATINGS[i]) for i in alpagasus.rank(RATINGS, None, 1)[-2:]} == {-1.0}


def test_a_threshold_that_none_reaches_is_refused():
    with pytest.raises(ValueError, match=r"rank_alpagasus.threshold = 4.5: no candidate is rated that high; lower it"):
        alpagasus.rank({"a": 4.0, "b": None}, 4.5, 1)
