import numpy as np
import pytest

from gdig.selectors.gdig_joint import ranking as gdig_joint
from gdig.selectors.gdig_joint.determinantal import determinantal

IDS = [f"p{n}" for n in range(40)]
GRADIENTS = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)
QUALITY = dict(zip(IDS, np.random.default_rng(2).uniform(size=40).tolist(), strict=True))
BASE_LOSS_RANK = dict(zip(IDS, np.random.default_rng(4).uniform(size=40).tolist(), strict=True))
PROBABILITY = {i: (n * 7 % 40) / 40 for n, i in enumerate(IDS)}
"""No two alike."""
HOW = {"quality_weight": 0.7, "ease_weight": 4.0, "ridge": 0.01, "seed": 3}


def rank(count=40, min_probability=0.5, ids=IDS, probability=PROBABILITY, quality=QUALITY, ranks=BASE_LOSS_RANK, **how):
    rows = [IDS.index(i) for i in ids]
    return gdig_joint.rank(
        probability, quality, ranks, ids, GRADIENTS[rows], count=count, min_probability=min_probability, **(HOW | how)
    )


@pytest.mark.parametrize("min_probability", [0, 0.5, 0.9, 1])
def test_every_prefix_is_the_choice_of_its_size(min_probability):
    whole = rank(min_probability=min_probability)
    assert sorted(whole) == sorted(IDS)
    for count in range(41):
        assert rank(count, min_probability) == whole[:count]


def test_likely_pairs_are_those_of_the_determinantal_choice():
    likely = [i for i in IDS if PROBABILITY[i] >= 0.5]
    quality, ranks = (np.array([values[i] for i in likely]) for values in (QUALITY, BASE_LOSS_RANK))
    gradients = GRADIENTS[[IDS.index(i) for i in likely]]

    def log_quality(taken):
        return 0.7 * (quality + 4 * taken / (20 - taken) * ranks)

    assert rank(20) == determinantal(likely, gradients, log_quality, 20, ridge=0.01, seed=3)
    assert len(likely) == 20
    assert rank(ease_weight=0.0)[:20] == determinantal(
        likely, gradients, lambda taken: 0.7 * quality, 20, ridge=0.01, seed=3
    )


def test_base_loss_rank_counts_only_once_likely_pairs_run_out():
    found, without = rank(min_probability=0), rank(min_probability=0, ease_weight=0.0)
    assert found[0] == without[0]
    assert found != without
    # At first nothing, whatever the weight; at last nothing else.
    late = rank(min_probability=0, ease_weight=1e6)
    assert late[0] == without[0]
    assert late[1:] == sorted(set(IDS) - {late[0]}, key=lambda i: -BASE_LOSS_RANK[i])
    assert rank(ease_weight=0.0, ranks={i: 1 - value for i, value in BASE_LOSS_RANK.items()}) == rank(ease_weight=0.0)


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


def test_quality_counts_by_its_weight():
    best = sorted(IDS, key=lambda i: -QUALITY[i])
    assert rank(min_probability=0, quality_weight=1000.0, ease_weight=0.0) == best
    upside_down = {i: 1 - value for i, value in QUALITY.items()}
    assert rank(quality_weight=0.0) == rank(quality_weight=0.0, quality=upside_down)
    assert rank() != rank(quality=upside_down)
