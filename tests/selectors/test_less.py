import math

import numpy as np
import pytest

from gdig.selectors.less import ranking as less

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
    found = less.influence(CANDIDATES, targets)
    assert found == pytest.approx([oracle(c, seed_gradients) for c in CANDIDATES], abs=1e-12)


def test_both_ways_differ_where_seeds_have_gradients_of_different_length():
    each, mean = (less.influence(CANDIDATES, less.targets(SEEDS, RATES, SUBTASKS, how)) for how in ("each", "mean"))
    assert np.abs(each - mean).max() > 0.01


def test_a_subtask_that_a_pair_helps_is_enough():
    towards_web = SEEDS[5] / np.linalg.norm(SEEDS[5], axis=1, keepdims=True)
    one = less.targets(SEEDS, RATES, [""] * 6, "each")
    several = less.targets(SEEDS, RATES, SUBTASKS, "each")
    assert less.influence(towards_web[None], several)[0] == pytest.approx(1)
    assert less.influence(towards_web[None], one)[0] < 0.9


def test_neither_place_nor_scale_of_rates_matters_and_the_seed_breaks_ties():
    def ranking(order, seed=1, rates=RATES):
        targets = less.targets(SEEDS, rates, SUBTASKS, "each")
        candidates = CANDIDATES.copy()
        candidates[5:15] = candidates[4]  # eleven ties
        scores = less.influence(candidates[order], targets)
        return less.rank(dict(zip([IDS[n] for n in order], scores.tolist(), strict=True)), seed)

    forward = list(range(20))
    assert sorted(ranking(forward)) == sorted(IDS)
    assert ranking(forward[::-1]) == ranking(forward) == ranking(forward, rates=[rate * 8 for rate in RATES])
    assert ranking(forward, seed=2) != ranking(forward)


def test_a_seed_without_gradient_counts_as_nothing():
    silent = SEEDS.copy()
    silent[0] = 0
    assert np.isfinite(less.targets(silent, RATES, SUBTASKS, "each")).all()
