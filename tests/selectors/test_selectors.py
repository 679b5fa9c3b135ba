from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gdig.config import BITEXT, CHOSEN_ANEW, selector_names
from gdig.io.order import ascending, shuffled
from gdig.io.ranking import iterate_ranking, read_ranking, subset, write_ranking
from gdig.io.records import Pair
from gdig.selectors import (
    alpagasus,
    base_loss,
    deita,
    delta_loss,
    full,
    gdig,
    gdig_quality,
    instag,
    loss,
    random,
)
from gdig.selectors.gdig_joint import ranking as gdig_joint
from gdig.selectors.ifd import ranking as ifd
from gdig.selectors.mods import ranking as mods
from gdig.selectors.nuggets import ranking as nuggets
from gdig.selectors.reward import ranking as reward
from gdig.selectors.superfiltering import ranking as superfiltering
from tests.conftest import ROOT

IDS = [f"p{n}" for n in range(50)]
LOSSES = {i: float((n * 7) % 5) for n, i in enumerate(IDS)}  # many ties
POINTS = {i: np.float32([n % 7, n % 5]) for n, i in enumerate(IDS)}  # some stand on others
CLUSTERS = {i: min(n // 5, 6) for n, i in enumerate(IDS)}  # six clusters of 5, one of 20

RANKERS = {
    "random": lambda ids, seed: random.rank(ids, seed),
    "full": lambda ids, seed: full.rank(ids, seed),
    "loss": lambda ids, seed: loss.rank({i: LOSSES[i] for i in ids}, seed),
    "base_loss": lambda ids, seed: base_loss.rank({i: LOSSES[i] for i in ids}, seed),
    "gdig_quality": lambda ids, seed: gdig_quality.rank({i: LOSSES[i] for i in ids}, "mean_influence", seed),
    "gdig": lambda ids, seed: gdig.rank({i: CLUSTERS[i] for i in ids}, seed),
    "gdig_joint": lambda ids, seed: gdig_joint.rank(
        {i: LOSSES[i] / 4 for i in ids},
        ids,
        np.array([POINTS[i] for i in ids]),
        count=len(ids),
        min_probability=0.5,
        weight=2.0,
        ridge=0.01,
        seed=seed,
    ),
    "reward": lambda ids, seed: reward.rank({i: -LOSSES[i] for i in ids}, seed),
    "ifd": lambda ids, seed: ifd.rank({i: LOSSES[i] for i in ids}, 3.0, "high", len(ids), "relax", seed),
    "superfiltering": lambda ids, seed: superfiltering.rank({i: LOSSES[i] for i in ids}, 3.0, len(ids), "relax", seed),
    "delta_loss": lambda ids, seed: delta_loss.rank({i: -LOSSES[i] for i in ids}, seed),
    "nuggets": lambda ids, seed: nuggets.rank({i: [LOSSES[i] - 2, 1 - LOSSES[i] / 2] for i in ids}, seed),
    "alpagasus": lambda ids, seed: alpagasus.rank({i: LOSSES[i] for i in ids}, None, seed),
    "instag": lambda ids, seed: instag.rank({i: frozenset("abcde"[: int(LOSSES[i])]) for i in ids}, len(ids), seed),
    "deita": lambda ids, seed: deita.rank(
        {i: LOSSES[i] for i in ids}, ids, np.array([POINTS[i] + 1 for i in ids]), 0.99, len(ids), seed
    )[0],
    "mods": lambda ids, seed: mods.rank([], ids, ids, np.array([POINTS[i] for i in ids]), len(ids), seed),
}


def test_every_selector_has_file_params_stage_and_a_test(params):
    names = {*selector_names(), "full"} - {"gdig_embedding"}  # gdig with other clusters
    tests = (ROOT / "tests" / "selectors").rglob("test_*.py")
    tested = {path.stem.removeprefix("test_") for path in tests} | {"tfidf", "dsir"}  # test_ngrams.py
    assert names <= {*RANKERS, *tested}
    home = ROOT / "gdig" / "selectors"
    assert {path.stem for path in home.glob("*.py")} - {"__init__", "filtered"} <= names
    for name in names:
        packages = [home / package / f"{name}.py" for package in ("mining", "bitext")]
        places = (home / f"{name}.py", home / name / "ranking.py", *packages)
        assert any(path.is_file() for path in places), name
    stages = {path.stem.removeprefix("rank_") for path in (ROOT / "stages").glob("rank_*.py")}
    filtered = {"filtered", *(f"{name}_filtered" for name in CHOSEN_ANEW)}
    assert stages - {"bitext"} - filtered == {*names, "gdig_embedding"} - (set(BITEXT) - stages)
    assert {path.stem.removeprefix("bitext_") for path in (ROOT / "stages").glob("bitext_*.py")} == set(BITEXT)
    assert set(RANKERS) <= names


@pytest.mark.parametrize("name", RANKERS)
def test_a_ranking_is_a_seeded_permutation_that_ignores_the_order_of_the_pool(name):
    rank = RANKERS[name]
    assert sorted(rank(IDS, 1)) == sorted(IDS)
    assert rank(IDS[::-1], 1) == rank(IDS, 1)
    assert rank(IDS, 2) != rank(IDS, 1)


@pytest.mark.parametrize("name", ["loss", "base_loss", "gdig_quality", "reward", "delta_loss"])
def test_lowest_first(name):
    ranked = [LOSSES[i] for i in RANKERS[name](IDS, 1)]
    assert ranked == sorted(ranked)


def test_survivors_in_random_order():
    assert gdig_quality.rank(LOSSES, "random", 3) == shuffled(IDS, 3)


@pytest.mark.parametrize("budget", [1, 7, 10, 35, 36, 50])
def test_every_prefix_of_gdig_is_as_even_over_clusters_as_can_be(budget):
    sizes = Counter(CLUSTERS.values())
    taken = Counter(CLUSTERS[i] for i in gdig.rank(CLUSTERS, 1)[:budget])
    open_clusters = [taken[c] for c, size in sizes.items() if taken[c] < size]
    if open_clusters:
        assert max(taken.values()) - min(open_clusters) <= 1


def test_cluster_numbers_do_not_matter():
    renamed = {i: 100 - cluster for i, cluster in CLUSTERS.items()}
    assert gdig.rank(renamed, 1) == gdig.rank(CLUSTERS, 1)


def test_selectors_never_import_torch():
    for path in Path(ROOT / "gdig" / "selectors").glob("*.py"):
        assert "torch" not in path.read_text(encoding="utf-8")


def test_ties_are_broken_by_seed_and_not_by_place():
    scores = dict.fromkeys("abcdef", 1.0)
    assert ascending(scores, 1) == ascending(dict(reversed(scores.items())), 1)
    assert len({tuple(ascending(scores, seed)) for seed in range(5)}) > 1


def test_ranking_file_and_subsets(tmp_path):
    write_ranking(tmp_path / "r.jsonl", ["c", "a", "b"])
    ranking = read_ranking(tmp_path / "r.jsonl")
    assert ranking == ["c", "a", "b"]
    pool = [Pair(i, i, i) for i in "abc"]
    assert [pair.id for pair in subset(ranking, "2", pool)] == ["c", "a"]
    assert [pair.id for pair in subset(ranking, "all", pool)] == ["c", "a", "b"]
    with pytest.raises(ValueError, match="budget 4 is more than the 3 pairs of the ranking"):
        subset(ranking, "4", pool)


def test_scores_stand_beside_the_ranks_in_six_digits(tmp_path):
    path = tmp_path / "r.jsonl"
    write_ranking(path, ["c", "a"], {"a": 2 / 3, "b": 5.0, "c": -1e-9 / 7})
    assert path.read_text().splitlines() == [
        '{"id": "c", "rank": 1, "score": -1.42857e-10}',
        '{"id": "a", "rank": 2, "score": 0.666667}',
    ]
    assert read_ranking(path) == ["c", "a"]
    assert list(iterate_ranking(path)) == [("c", -1.42857e-10), ("a", 0.666667)]
    write_ranking(path, ["b"])
    assert list(iterate_ranking(path)) == [("b", None)]
