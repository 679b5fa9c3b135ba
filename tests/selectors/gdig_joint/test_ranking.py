import numpy as np
import pytest

from gdig.selectors.gdig_joint import ranking as gdig_joint
from gdig.selectors.gdig_joint.determinantal import determinantal

IDS = [f"p{n}" for n in range(40)]
GRADIENTS = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)
PROBABILITY = {i: (n * 7 % 40) / 40 for n, i in enumerate(IDS)}
"""No two alike."""
HOW = {"weight": 2.0, "ridge": 0.01, "seed": 3}


def rank(count=40, min_probability=0.5, ids=IDS, probability=PROBABILITY, **how):
    rows = [IDS.index(i) for i in ids]
    return gdig_joint.rank(
        probability, ids, GRADIENTS[rows], count=count, min_probability=min_probability, **(HOW | how)
    )


@pytest.mark.parametrize("min_probability", [0, 0.5, 0.9, 1])
def test_every_prefix_is_the_choice_of_its_size(min_probability):
    whole = rank(min_probability=min_probability)
    assert sorted(whole) == sorted(IDS)
    for count in range(41):
        assert rank(count, min_probability) == whole[:count]


def test_likely_pairs_are_those_of_the_determinantal_choice():
    likely = [i for i in IDS if PROBABILITY[i] >= 0.5]
    log_quality = 2 * np.log([PROBABILITY[i] for i in likely])
    gradients = GRADIENTS[[IDS.index(i) for i in likely]]
    assert rank(20) == determinantal(likely, gradients, log_quality, 20, ridge=0.01, seed=3)
    assert len(likely) == 20


def test_where_too_few_are_likely_the_likeliest_others_follow_behind_them():
    found = rank(30, 0.75)
    likely = {i for i in IDS if PROBABILITY[i] >= 0.75}
    assert set(found[:10]) == likely
    rest = sorted(set(IDS) - likely, key=lambda i: -PROBABILITY[i])
    assert found[10:] == rest[:20]
    assert rank(10, 0.75) == found[:10]
    assert rank(3, 2 / 40 + 0.94) == sorted(IDS, key=lambda i: -PROBABILITY[i])[:3]


def test_ties_of_those_that_follow_fall_by_the_seed_and_not_by_id_or_place():
    same = dict.fromkeys(IDS, 0.2)
    found = rank(probability=same)
    assert sorted(found) == sorted(IDS)
    assert found != sorted(IDS)
    assert rank(probability=same, ids=IDS[::-1]) == found
    assert rank(probability=same, seed=4) != found


def test_a_pair_at_the_border_is_likely_and_more_pairs_than_there_are_is_all():
    assert set(rank(20, PROBABILITY["p3"])[: sum(p >= PROBABILITY["p3"] for p in PROBABILITY.values())]) >= {"p3"}
    assert sorted(rank(99)) == sorted(IDS)


def test_soundness_counts_by_its_weight():
    best = sorted(IDS, key=lambda i: -PROBABILITY[i])
    assert rank(min_probability=0, weight=1000.0) == best  # of which one is sound by no means: p0
    upside_down = {i: 1 - value for i, value in PROBABILITY.items()}
    assert rank(min_probability=0, weight=0.0) == rank(min_probability=0, probability=upside_down, weight=0.0)
    assert rank(min_probability=0) != rank(min_probability=0, probability=upside_down)
