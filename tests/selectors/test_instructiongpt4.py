from fractions import Fraction

import numpy as np
import pytest

from gdig.io.order import shuffle_key
from gdig.selectors.mining import instructiongpt4

IDS = [f"p{n:02d}" for n in range(20)]
CLUSTERS = {i: 0 if n < 11 else 1 if n < 17 else 2 for n, i in enumerate(IDS)}
SCORES = dict(zip(IDS, np.random.default_rng(2).normal(size=20).tolist(), strict=True))


def by_hand(scores, clusters, seed):
    """The largest remainder, as exact fractions."""
    left = {
        label: sorted((i for i in scores if clusters[i] == label), key=lambda i: (-scores[i], shuffle_key(seed, i)))
        for label in set(clusters.values())
    }
    sizes = {label: len(ids) for label, ids in left.items()}
    first = {label: shuffle_key(seed, ids[0]) for label, ids in left.items()}
    taken = dict.fromkeys(left, 0)
    ranking = []
    for k in range(1, len(scores) + 1):
        owed = {label: Fraction(k * sizes[label], len(scores)) - taken[label] for label in left}
        label = min(left, key=lambda name: (-owed[name], first[name]))
        ranking.append(left[label][taken[label]])
        taken[label] += 1
    return ranking


def test_the_ranking_of_20_pairs_is_that_of_the_largest_remainder():
    for seed in range(5):
        assert instructiongpt4.rank(SCORES, CLUSTERS, seed) == by_hand(SCORES, CLUSTERS, seed)
    assert sorted(instructiongpt4.rank(SCORES, CLUSTERS, 1)) == IDS


@pytest.mark.parametrize("budget", range(1, 21))
def test_every_prefix_has_each_clusters_share_and_its_best(budget):
    chosen = instructiongpt4.rank(SCORES, CLUSTERS, 1)[:budget]
    for label, size in ((0, 11), (1, 6), (2, 3)):
        members = sorted((i for i in IDS if CLUSTERS[i] == label), key=lambda i: -SCORES[i])
        taken = [i for i in chosen if CLUSTERS[i] == label]
        assert abs(len(taken) - budget * size / 20) < 1
        assert taken == members[: len(taken)]


def test_scores_that_differ_by_less_than_one_are_reported_apart():
    scores = {i: 0.1 + n / 1000 for n, i in enumerate(IDS)}
    assert instructiongpt4.rank(scores, dict.fromkeys(IDS, 0), 1) == IDS[::-1]


def test_neither_the_order_of_the_pool_nor_numbers_of_clusters_matter_and_ties_fall_by_the_seed():
    ties = dict.fromkeys(IDS, 1.0)
    for scores in (SCORES, ties):
        ranking = instructiongpt4.rank(scores, CLUSTERS, 1)
        assert instructiongpt4.rank(dict(reversed(scores.items())), dict(reversed(CLUSTERS.items())), 1) == ranking
        assert instructiongpt4.rank(scores, {i: 9 - label for i, label in CLUSTERS.items()}, 1) == ranking
    assert instructiongpt4.rank(ties, CLUSTERS, 2) != instructiongpt4.rank(ties, CLUSTERS, 1)
