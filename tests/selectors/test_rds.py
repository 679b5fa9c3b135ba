import math

import numpy as np
import pytest

from gdig.io.order import shuffled
from gdig.io.ranking import iterate_ranking
from gdig.lm.passes.shards import compute_shards
from gdig.run.paths import Paths
from gdig.selectors import rds
from gdig.selectors.common.turns import rank_in_turns
from stages import rank_rds

generator = np.random.default_rng(4)
IDS = [f"p{n}" for n in range(20)]
SEED_IDS = ["s0", "s1", "s2"]
POINTS = generator.normal(size=(20, 4))
SEEDS = generator.normal(size=(3, 4))


def cosine(left, right):
    return float(left @ right) / math.sqrt(float(left @ left) * float(right @ right))


def ranked(order=range(20), seed_order=range(3), seed=1, points=POINTS):
    rows, columns = list(order), list(seed_order)
    similarities = rds.similarities(points[rows], SEEDS[columns])
    return rank_in_turns([IDS[row] for row in rows], similarities, [SEED_IDS[column] for column in columns], seed)


def test_similarities_are_cosines():
    found = rds.similarities(POINTS * 7, SEEDS)
    assert found == pytest.approx(np.array([[cosine(s, p) for p in POINTS] for s in SEEDS]), abs=1e-12)


def test_each_seed_takes_its_best_that_is_left_in_turn():
    left = set(IDS)
    for start in range(0, 20, 3):
        taken = ranked()[start : start + 3]
        turns = [name.partition("/")[2] for name in shuffled((f"{start // 3}/{i}" for i in SEED_IDS), 1)]
        for choosing, candidate in zip(turns, taken, strict=False):
            best = max(left, key=lambda i: cosine(POINTS[IDS.index(i)], SEEDS[SEED_IDS.index(choosing)]))
            assert candidate == best
            left.remove(best)
    assert not left


def test_what_one_seed_took_costs_another_no_turn():
    """Both like p0 best and then p1: two turns take both."""
    similarities = np.array([[0.9, 0.8, 0.1, 0.0], [0.9, 0.8, 0.0, 0.1]])
    ranking = rank_in_turns(["p0", "p1", "p2", "p3"], similarities, ["s0", "s1"], 1)
    assert ranking[:2] == ["p0", "p1"]
    assert sorted(ranking) == ["p0", "p1", "p2", "p3"]


def test_neither_the_order_of_pool_nor_of_seeds_matters():
    assert sorted(ranked()) == sorted(IDS)
    assert ranked(order=range(19, -1, -1)) == ranked(seed_order=[2, 0, 1]) == ranked()


def test_ties_fall_by_the_seed_and_not_by_place():
    equal = np.repeat(POINTS[:1], 20, axis=0)
    assert ranked(points=equal) == ranked(order=range(19, -1, -1), points=equal)
    assert ranked(points=equal) != ranked(points=equal, seed=2)


@pytest.mark.parametrize("rule", ["max", "turns"])
def test_the_stage_ranks_in_turns_or_by_the_nearest_seed(rule, tmp_path, monkeypatch, params):
    monkeypatch.chdir(tmp_path)
    paths = Paths(profile="p", selector="rds")
    for folder, ids, points in ((paths.representations, IDS, POINTS), (paths.seed_representations, SEED_IDS, SEEDS)):
        scratch = folder.with_name(f"scratch-{folder.name}")
        compute_shards(folder, scratch, "representation", ids, 7, lambda rows, p=points: p[rows.start : rows.stop])
    settings = params.rank_rds.model_copy(update={"rule": rule, "seed": 1})
    rank_rds.main(params.model_copy(update={"rank_rds": settings}), paths, "rds")
    nearest = {i: max(cosine(s, p) for s in SEEDS) for i, p in zip(IDS, POINTS, strict=True)}
    scores = dict(iterate_ranking(paths.ranking))
    assert scores == pytest.approx(nearest, abs=1e-5)
    assert list(scores) == (ranked() if rule == "turns" else sorted(IDS, key=lambda i: -nearest[i]))
