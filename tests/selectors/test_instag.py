import random

import pytest

from gdig.io.order import shuffle_key
from gdig.selectors import instag

WORDS = ["news", "number", "idiom", "name", "list", "negation", "question"]


def toy(seed):
    draw = random.Random(seed)
    return {f"p{n:02d}": draw.sample(WORDS, draw.randint(0, 5)) if n % 9 else None for n in range(20)}


def algorithm_1(tags, count, seed):
    """Lu et al. 2024, algorithm 1, word by word: a data set D, a subset D_s, and in each pass a set of tags T_B."""
    pool = sorted(tags, key=lambda i: shuffle_key(seed, i))
    pool.sort(key=lambda i: len(tags[i]), reverse=True)  # stable
    subset = []
    while len(subset) < count:
        seen, before = set(), len(subset)
        for query in list(pool):
            if len(subset) == count:
                break
            if len(seen | tags[query]) > len(seen):
                subset.append(query)
                seen = seen | tags[query]
                pool.remove(query)
        if len(subset) == before:
            break
    return subset


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("min_count", [1, 6])
def test_it_is_algorithm_1_and_then_those_without_tags(seed, min_count):
    tags = instag.normalise_tags(toy(seed), min_count)
    ranking = instag.rank(tags, 20, seed)
    tagged = [i for i in tags if tags[i]]
    assert ranking[: len(tagged)] == algorithm_1(tags, len(tagged), seed)
    assert ranking[len(tagged) :] == sorted(set(tags) - set(tagged), key=lambda i: shuffle_key(seed, i))
    for count in range(21):
        assert instag.rank(tags, count, seed) == ranking[:count]


def test_the_order_of_the_pool_does_not_matter_and_ties_fall_by_the_seed():
    tags = instag.normalise_tags(toy(1), 1)
    assert instag.rank(dict(reversed(tags.items())), 20, 3) == instag.rank(tags, 20, 3)
    same = {i: frozenset({"news"}) for i in "abcdef"}
    assert len({tuple(instag.rank(same, 6, seed)) for seed in range(5)}) > 1
    # Each of a pass for itself, and they are as many passes as pairs.
    assert sorted(instag.rank(same, 6, 1)) == sorted(same)


def test_by_hand():
    tags = {"many": {"a", "b", "c"}, "new": {"d"}, "old": {"a", "b"}, "none": set()}
    assert instag.rank({i: frozenset(t) for i, t in tags.items()}, 4, 1) == ["many", "new", "old", "none"]


def test_tags_are_written_alike_and_rare_ones_dropped():
    tags = {"a": ["Named Entity", "named-entity", "  "], "b": ["named_entity", "Idiom!"], "c": None, "d": []}
    assert instag.normalise_tags(tags, 1) == {
        "a": {"named entity"}, "b": {"named entity", "idiom"}, "c": frozenset(), "d": frozenset()
    }  # fmt: skip
    assert instag.normalise_tags(tags, 2)["b"] == {"named entity"}
    assert [instag.scaled_min_count(n) for n in (20, 5935, 306_044, 612_088)] == [2, 2, 20, 40]
