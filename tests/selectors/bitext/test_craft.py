import math
from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from gdig.io.ranking import iterate_ranking
from gdig.io.records import Pair, write_pairs
from gdig.run.paths import Paths
from gdig.selectors.bitext import craft
from stages import rank_craft
from tests.conftest import toy_pairs

POOL, SEEDS = toy_pairs(80)[:60], [Pair(f"s-{pair.id}", pair.src, pair.trg) for pair in toy_pairs(80)[60:]]
IDS = [pair.id for pair in POOL]


def test_distances_are_the_mean_to_the_targets_of_the_seeds_with_like_sources(monkeypatch):
    monkeypatch.setattr(craft, "_ROWS_AT_ONCE", 7)
    clusters_N, clusters_M = craft.source_clusters(POOL, SEEDS, 5, 1)
    vectorizer = TfidfVectorizer(token_pattern=r"(?u)\w+").fit(pair.trg for pair in POOL)
    pool, seeds = (vectorizer.transform([pair.trg for pair in part]).toarray() for part in (POOL, SEEDS))
    found = craft.target_distances(POOL, SEEDS, clusters_N, clusters_M)
    for row in range(60):
        own = [m for m in range(20) if clusters_M[m] == clusters_N[row]] or range(20)
        assert found[row] == pytest.approx(np.mean([math.dist(pool[row], seeds[m]) for m in own]), abs=1e-7)


def test_every_prefix_has_the_shares_of_the_seeds():
    ids = [f"p{n}" for n in range(40)]
    clusters_N = np.arange(40) % 4
    clusters_M = np.array([0] * 6 + [1] * 3 + [2])
    distances_N = np.random.default_rng(2).random(40)
    ranking = craft.rank(ids, clusters_N, clusters_M, distances_N, 1)
    assert sorted(ranking) == sorted(ids)
    for budget in range(1, 17):  # then the ten of cluster 0 are taken
        counts = Counter(clusters_N[int(i[1:])] for i in ranking[:budget])
        assert all(abs(counts[c] - share * budget) < 1 for c, share in ((0, 0.6), (1, 0.3), (2, 0.1)))
    assert [clusters_N[int(i[1:])] for i in ranking[30:]] == [3] * 10  # no seed is there
    for cluster in range(4):
        own = [distances_N[int(i[1:])] for i in ranking if clusters_N[int(i[1:])] == cluster]
        assert own == sorted(own)


def ranked(pool, seed=1):
    clusters_N, clusters_M = craft.source_clusters(pool, SEEDS, 5, seed)
    distances_N = craft.target_distances(pool, SEEDS, clusters_N, clusters_M)
    return craft.rank([pair.id for pair in pool], clusters_N, clusters_M, distances_N, seed)


def test_the_order_of_the_pool_does_not_matter_and_ties_fall_by_the_seed():
    assert ranked(POOL[::-1]) == ranked(POOL)
    same = [Pair(i, "ein Satz", "a sentence") for i in IDS]
    clusters = np.zeros(60, dtype=int), np.zeros(20, dtype=int)
    one, other = (craft.rank(IDS, *clusters, craft.target_distances(same, SEEDS, *clusters), s) for s in (1, 2))
    assert one != other


def test_targets_without_words_have_a_distance():
    pool = [*POOL[:10], Pair("empty", "x y", "...")]
    clusters = np.zeros(11, dtype=int), np.zeros(20, dtype=int)
    assert craft.target_distances(pool, SEEDS, *clusters)[-1] == pytest.approx(1)


def test_the_stage(tmp_path, monkeypatch, params):
    monkeypatch.chdir(tmp_path)
    paths = Paths(profile="p", selector="craft")
    write_pairs(paths.pool, POOL)
    write_pairs(paths.seeds, SEEDS)

    def run(num_clusters):
        settings = params.rank_craft.model_copy(update={"num_clusters": num_clusters, "seed": 1})
        rank_craft.main(params.model_copy(update={"rank_craft": settings}), paths, "craft")

    run(5)
    scores = dict(iterate_ranking(paths.ranking))
    assert list(scores) == ranked(POOL)
    assert max(scores.values()) < 0
    with pytest.raises(ValueError, match=r"rank_craft.num_clusters = 61 is more than the 60 candidates; lower it"):
        run(61)
