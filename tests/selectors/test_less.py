import math

import numpy as np
import pytest

from gdig.io.files import write_json
from gdig.io.ranking import iterate_ranking
from gdig.io.records import Pair, write_pairs
from gdig.lm.passes.shards import compute_shards
from gdig.run.paths import Paths
from gdig.selectors.common.turns import rank_in_turns
from gdig.selectors.less import ranking as less
from stages import rank_less

generator = np.random.default_rng(3)
IDS = [f"p{n}" for n in range(20)]
CANDIDATES = generator.normal(size=(20, 3, 5))
CANDIDATES /= np.linalg.norm(CANDIDATES, axis=2, keepdims=True)
SEEDS = generator.normal(size=(6, 3, 5)) * generator.uniform(0.1, 9, size=(6, 1, 1))
RATES = [0.004, 0.002, 0.001]
SUBTASKS = ["news", "talks", "news", "news", "talks", "web"]


def dot(left, right):
    return sum(float(a) * float(b) for a, b in zip(left, right, strict=True))


def oracle(candidate, seed_gradients):
    """Inf(z, j) of the paper, number by number; the maximum over subtasks."""
    found = []
    for subtask in set(SUBTASKS):
        members = [seed for seed, name in zip(SEEDS, SUBTASKS, strict=True) if name == subtask]
        total = 0.0
        for c, rate in enumerate(RATES):
            if seed_gradients == "each":
                cosines = [dot(candidate[c], s[c]) / math.sqrt(dot(s[c], s[c])) for s in members]
                value = sum(cosines) / len(members)
            else:
                mean = [sum(float(s[c][k]) for s in members) / len(members) for k in range(5)]
                value = dot(candidate[c], mean) / math.sqrt(dot(mean, mean))
            total += rate / sum(RATES) * value
        found.append(total)
    return max(found)


@pytest.mark.parametrize("seed_gradients", ["each", "mean"])
def test_influence_equals_the_formula_of_the_paper(seed_gradients):
    targets = less.targets(SEEDS, RATES, SUBTASKS, seed_gradients)
    assert targets.shape == (3, 3, 5)
    found = less.influence(CANDIDATES, targets).max(axis=0)
    assert found == pytest.approx([oracle(c, seed_gradients) for c in CANDIDATES], abs=1e-12)


def test_both_ways_differ_where_seeds_have_gradients_of_different_length():
    each, mean = (
        less.influence(CANDIDATES, less.targets(SEEDS, RATES, SUBTASKS, how)).max(axis=0) for how in ("each", "mean")
    )
    assert np.abs(each - mean).max() > 0.01


def test_a_subtask_that_a_pair_helps_is_enough():
    towards_web = SEEDS[5] / np.linalg.norm(SEEDS[5], axis=1, keepdims=True)
    one = less.targets(SEEDS, RATES, [""] * 6, "each")
    several = less.targets(SEEDS, RATES, SUBTASKS, "each")
    assert less.influence(towards_web[None], several).max() == pytest.approx(1)
    assert less.influence(towards_web[None], one).max() < 0.9


def test_neither_place_nor_scale_of_rates_matters_and_the_seed_breaks_ties():
    def ranking(order, seed=1, rates=RATES):
        targets = less.targets(SEEDS, rates, SUBTASKS, "each")
        candidates = CANDIDATES.copy()
        candidates[5:15] = candidates[4]  # eleven ties
        scores = less.influence(candidates[order], targets).max(axis=0)
        return less.rank(dict(zip([IDS[n] for n in order], scores.tolist(), strict=True)), seed)

    forward = list(range(20))
    assert sorted(ranking(forward)) == sorted(IDS)
    assert ranking(forward[::-1]) == ranking(forward) == ranking(forward, rates=[rate * 8 for rate in RATES])
    assert ranking(forward, seed=2) != ranking(forward)


def test_a_seed_without_gradient_counts_as_nothing():
    silent = SEEDS.copy()
    silent[0] = 0
    assert np.isfinite(less.targets(silent, RATES, SUBTASKS, "each")).all()


def write(folder, ids, values):
    def compute(rows):
        return values.reshape(len(ids), -1)[rows.start : rows.stop].astype(np.float32)

    compute_shards(folder, folder.with_name(f"scratch-{folder.name}"), "gradient", ids, 7, compute)


@pytest.mark.parametrize("subtasks", ["one", "origin", "seed"])
@pytest.mark.parametrize("rule", ["max", "turns"])
def test_the_stage_ranks_by_the_best_subtask_or_in_turns(subtasks, rule, tmp_path, monkeypatch, params):
    monkeypatch.chdir(tmp_path)
    paths = Paths(profile="p", selector="less")
    write_pairs(paths.pool, [Pair(i, "x", "y") for i in IDS])
    write_json(paths.less_warmup / "record.json", {"checkpoints": [{"mean_rate": rate} for rate in RATES]})
    seed_ids = [f"{name}-{n}" for n, name in enumerate(SUBTASKS)]
    write(paths.less_gradients, IDS, CANDIDATES)
    write(paths.less_seed_gradients, seed_ids, SEEDS)
    monkeypatch.setattr(rank_less, "ROWS_AT_ONCE", 6)
    settings = params.rank_less.model_copy(update={"subtasks": subtasks, "rule": rule})
    rank_less.main(params.model_copy(update={"rank_less": settings}), paths, "less")
    names = {"one": ["all"] * 6, "origin": SUBTASKS, "seed": seed_ids}[subtasks]
    expected = less.influence(CANDIDATES, less.targets(SEEDS, RATES, names, settings.seed_gradients))
    assert expected.shape == (len(set(names)), 20)
    scores = dict(iterate_ranking(paths.ranking))
    assert [scores[i] for i in IDS] == pytest.approx(expected.max(axis=0).tolist(), abs=1e-5)
    if rule == "max" or subtasks == "one":
        assert list(scores) == [IDS[n] for n in np.argsort(-expected.max(axis=0))]
    else:
        assert list(scores) == rank_in_turns(IDS, expected, sorted(set(names)), settings.seed)
