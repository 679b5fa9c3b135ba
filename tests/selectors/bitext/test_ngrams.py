"""TF-IDF and DSIR against their formulas, written out word by word."""

import itertools
import math
import re
from collections import Counter

import numpy as np
import pytest
from sklearn.utils import murmurhash3_32

from gdig.config import Dsir
from gdig.io.order import uniform
from gdig.io.ranking import iterate_ranking, read_ranking
from gdig.io.records import Pair, read_pairs, read_rows, write_pairs
from gdig.run.paths import Paths
from gdig.selectors.bitext import dsir, tfidf
from stages import bitext_dsir, rank_dsir, rank_tfidf
from tests.conftest import toy_pairs

POOL = [
    Pair("p1", "Der Hund schläft.", "The dog sleeps."),
    Pair("p2", "Die Katze schläft, der Hund nicht!", "The cat sleeps, the dog does not!"),
    Pair("p3", "Preis: 12 Euro", "Price: 12 euros"),
    Pair("p4", "Der Rat tagt.", "The council meets."),
]
SEEDS = [
    Pair("s1", "Der Hund, die Katze.", "The dog, the cat."),
    Pair("s2", "Der Rat tagt heute.", "The council meets."),
]


def words(text):
    return re.findall(r"\w+", text.lower())


def test_tfidf_is_the_cosine_of_counts_times_inverse_frequencies():
    texts = [words(f"{p.src} {p.trg}") for p in POOL]
    frequency = Counter(word for own in texts for word in set(own))

    def vector(own):
        weights = {w: n * (math.log(5 / (1 + frequency[w])) + 1) for w, n in Counter(own).items() if w in frequency}
        norm = math.sqrt(sum(value**2 for value in weights.values()))
        return {word: value / norm for word, value in weights.items()}

    found = tfidf.similarities(POOL, SEEDS)
    for row, seed in enumerate(SEEDS):
        one = vector(words(f"{seed.src} {seed.trg}"))
        for column, own in enumerate(map(vector, texts)):
            assert found[row, column] == pytest.approx(sum(one[w] * own.get(w, 0) for w in one), abs=1e-12)


@pytest.mark.parametrize(("num_buckets", "smoothing"), [(10_000, 1.0), (64, 0.5)])
def test_dsir_is_the_log_ratio_of_two_multinomials_over_buckets(num_buckets, smoothing):
    def grams(text):
        tokens = re.findall(r"\w+|[^\w\s]+", text.lower())
        return tokens + [" ".join(two) for two in itertools.pairwise(tokens)]

    def buckets(pair):
        return Counter(
            abs(murmurhash3_32(g, seed=0)) % num_buckets for side in (pair.src, pair.trg) for g in grams(side)
        )

    def share(pairs):
        counts = sum(map(buckets, pairs), Counter())
        total = sum(counts.values()) + smoothing * num_buckets
        return lambda bucket: math.log((counts[bucket] + smoothing) / total)

    of_seeds, of_pool = share(SEEDS), share(POOL)
    found = dsir.log_weights(POOL, SEEDS, num_buckets, smoothing)
    for pair, weight in zip(POOL, found, strict=True):
        assert weight == pytest.approx(sum(n * (of_seeds(b) - of_pool(b)) for b, n in buckets(pair).items()), abs=1e-9)
    assert max(zip(found, POOL, strict=True))[1].id == "p4"


def test_dsir_samples_without_repeats_by_weight():
    weights = np.log([8.0, 1.0, 1.0])
    first = Counter(dsir.rank(["a", "b", "c"], weights, seed)[0] for seed in range(2000))
    assert first["a"] / 2000 == pytest.approx(0.8, abs=0.03)
    expected = sorted("abc", key=lambda i: -(weights["abc".index(i)] - math.log(-math.log(uniform(3, f"draw/{i}")))))
    assert dsir.rank(["a", "b", "c"], weights, 3) == dsir.rank(["c", "b", "a"], weights[::-1], 3)[::1] == expected


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = Paths(profile="p", selector="x")
    write_pairs(paths.pool, toy_pairs(30))
    write_pairs(paths.seeds, toy_pairs(36)[30:])
    return paths


def test_both_stages_rank_every_pair_once_and_the_seed_counts(paths, params):
    params = params.model_copy(update={"dsir": Dsir(num_buckets=500, smoothing=1.0)})
    pool, seeds = read_pairs(paths.pool), read_pairs(paths.seeds)
    bitext_dsir.main(params, paths, "x")
    scores_of = {
        "bitext": {row["id"]: row["score"] for row in read_rows(paths.bitext)},
        "rank_tfidf": dict(zip([p.id for p in pool], tfidf.similarities(pool, seeds).max(axis=0), strict=True)),
    }
    for stage, section in ((rank_dsir, "bitext"), (rank_tfidf, "rank_tfidf")):
        stage.main(params, paths, "x")
        before = read_ranking(paths.ranking)
        assert sorted(before) == sorted(pair.id for pair in pool)
        assert dict(iterate_ranking(paths.ranking)) == pytest.approx(scores_of[section], rel=1e-5)
        other = getattr(params, section).model_copy(update={"seed": 1})
        stage.main(params.model_copy(update={section: other}), paths, "x")
        assert read_ranking(paths.ranking) != before
