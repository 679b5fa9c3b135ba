"""IFD, SuperFiltering, difference of losses and Nuggets on 20 pairs, against oracles written out here."""

import math

import numpy as np
import pytest

from gdig.selectors import delta_loss
from gdig.selectors.ifd import ranking as ifd
from gdig.selectors.nuggets import ranking as nuggets
from gdig.selectors.superfiltering import ranking as superfiltering

IDS = [f"p{n:02}" for n in range(20)]
RNG = np.random.default_rng(7)
TOKENS = RNG.integers(2, 12, size=20)
PROBABILITIES = [RNG.uniform(0.05, 0.95, size=(2, n)) for n in TOKENS]
"""Of each pair's response tokens, with the prompt and without."""
SUMS = {i: tuple((-np.log(p)).sum(axis=1).tolist()) for i, p in zip(IDS, PROBABILITIES, strict=True)}
MEANS = {i: tuple((-np.log(p)).mean(axis=1).tolist()) for i, p in zip(IDS, PROBABILITIES, strict=True)}


def shuffled_dict(values):
    return dict(reversed(values.items()))


def test_ifd_is_the_ratio_of_losses():
    expected = {}
    for i, (given, alone) in zip(IDS, PROBABILITIES, strict=True):
        likelihoods = [math.prod(row.tolist()) ** (1 / len(row)) for row in (given, alone)]
        expected[i] = math.log(likelihoods[0]) / math.log(likelihoods[1])
    for losses in (SUMS, MEANS):
        assert ifd.scores(losses) == pytest.approx(expected, abs=1e-6)
    eligible = sorted((i for i in IDS if expected[i] < 1), key=lambda i: expected[i])
    assert 4 < len(eligible) < 16
    assert ifd.rank(expected, 1.0, "high", 4, "error", 1) == eligible[::-1]
    assert ifd.rank(expected, 1.0, "low", 4, "error", 1) == eligible


def test_where_a_response_costs_nothing_the_prompt_cannot_help():
    assert ifd.scores({"a": (0.5, 0.0), "b": (1.0, 2.0)}) == {"a": math.inf, "b": 0.5}


def test_superfiltering_is_the_ratio_of_perplexities():
    expected = {}
    for i, (given, alone) in zip(IDS, PROBABILITIES, strict=True):
        perplexities = [math.prod(row.tolist()) ** (-1 / len(row)) for row in (given, alone)]
        expected[i] = perplexities[0] / perplexities[1]
    scores = superfiltering.scores(MEANS)
    assert scores == pytest.approx(expected, abs=1e-6)
    eligible = sorted((i for i in IDS if expected[i] < 1), key=lambda i: -expected[i])
    assert superfiltering.rank(scores, 1.0, 4, "error", 1) == eligible
    # The same pairs are dropped as by the ratio of losses, and the others come in another order.
    by_losses = ifd.rank(ifd.scores(MEANS), 1.0, "high", 4, "error", 1)
    assert set(by_losses) == set(eligible)
    assert by_losses != eligible
    assert superfiltering.scores({"a": (9999.0, 1.0)})["a"] > 1


def test_too_few_below_the_bound_are_filled_up_from_it_or_refused(caplog):
    scores = {"a": 0.5, "b": 1.5, "c": 0.9, "d": 1.0, "e": 3.0}
    assert ifd.rank(scores, 1.0, "high", 2, "error", 1) == ["c", "a"]
    assert ifd.rank(scores, 1.0, "low", 2, "relax", 1) == ["a", "c"]
    assert ifd.rank(scores, 1.0, "high", 4, "relax", 1) == ["c", "a", "d", "b"]
    assert ifd.rank(scores, 1.0, "low", 4, "relax", 1) == ["a", "c", "d", "b"]
    assert "ifd: for the largest budget, 2 candidates above the threshold are added" in caplog.text
    with pytest.raises(ValueError, match=r"ifd: 2 of 5 candidates .* rank_ifd.upper = 1, fewer .* budget 4; raise it"):
        ifd.rank(scores, 1.0, "high", 4, "error", 1)
    with pytest.raises(ValueError, match="superfiltering: 2 of 5 candidates"):
        superfiltering.rank(scores, 1.0, 3, "error", 1)
    with pytest.raises(ValueError, match="ifd: the pool has 5 candidates, fewer than the largest budget 6"):
        ifd.rank(scores, 1.0, "high", 6, "relax", 1)


def test_a_smaller_largest_budget_gives_the_beginning_of_the_same_ranking():
    scores = ifd.scores(SUMS)
    longest = ifd.rank(scores, 1.0, "high", 20, "relax", 1)
    assert sorted(longest) == IDS
    for count in (1, 8, 15):
        shorter = ifd.rank(scores, 1.0, "high", count, "relax", 1)
        assert len(shorter) >= count
        assert longest[: len(shorter)] == shorter


def test_spread_by_facility_location_among_the_best():
    points = RNG.normal(size=(20, 4)).astype(np.float32)
    ranking = superfiltering.rank(superfiltering.scores(MEANS), 2.0, 12, "relax", 1)
    spread = superfiltering.rank_diverse(ranking, 12, IDS, points, 6, 1, "own")
    assert len(set(spread)) == 6
    assert set(spread) <= set(ranking[:12])
    assert spread[:3] == superfiltering.rank_diverse(ranking, 12, IDS, points, 3, 1, "own")
    assert spread == superfiltering.rank_diverse(ranking, 12, IDS[::-1], points[::-1], 6, 1, "own")
    with pytest.raises(ValueError, match=r"from 5 candidates, fewer than the largest budget 6; raise rank_superfil"):
        superfiltering.rank_diverse(ranking, 5, IDS, points, 6, 1, "own")


def test_the_difference_of_losses_is_largest_first():
    before = {i: given for i, (given, _) in MEANS.items()}
    after = {i: alone for i, (_, alone) in MEANS.items()}
    expected = {
        i: float(np.log(alone / 1).mean() - np.log(given / 1).mean())
        for i, (given, alone) in zip(IDS, PROBABILITIES, strict=True)
    }
    scores = delta_loss.scores(before, shuffled_dict(after))
    assert scores == pytest.approx(expected, abs=1e-6)
    assert delta_loss.rank(scores, 1) == sorted(IDS, key=lambda i: -expected[i])


def test_a_drop_may_be_taken_as_a_share_of_the_loss_before():
    before, after = {"a": 4.0, "b": 0.5, "c": 2.0, "d": 0.0}, {"a": 3.0, "b": 0.25, "c": 2.5, "d": 0.0}
    scores = delta_loss.scores(before, after, relative=True)
    assert scores == {"a": 0.25, "b": 0.5, "c": -0.25, "d": 0.0}
    assert delta_loss.rank(scores, 1) == ["b", "a", "d", "c"]
    assert delta_loss.rank(delta_loss.scores(before, after), 1)[:2] == ["a", "b"]


GAINS = {i: RNG.normal(size=4).tolist() for i in IDS}


def test_nuggets_counts_the_anchors_that_gain_and_then_what_they_gain():
    one_shot = {i: np.exp(row) for i, row in GAINS.items()}  # likelihood ratios
    expected = {i: float((ratio > 1).sum()) / 4 for i, ratio in one_shot.items()}
    assert nuggets.scores(GAINS) == pytest.approx(expected, abs=1e-6)
    assert len(set(expected.values())) < 6  # so that most tie
    ranking = nuggets.rank(GAINS, 1)
    keys = [(expected[i], math.prod(one_shot[i].tolist())) for i in ranking]
    assert keys == sorted(keys, reverse=True)


def test_only_what_ties_in_both_is_left_to_the_seed():
    assert nuggets.rank({"a": [1.0, -9.0], "b": [0.1, -0.1], "c": [0.1, 0.1]}, 1) == ["c", "b", "a"]
    gains = {i: [0.5, -0.5] for i in "abcdef"} | {"first": [0.1, 0.1]}
    rankings = {tuple(nuggets.rank(gains, seed)) for seed in range(6)}
    assert len(rankings) > 1
    assert {ranking[0] for ranking in rankings} == {"first"}


@pytest.mark.parametrize(
    "rank",
    [
        lambda flip: ifd.rank(flip(ifd.scores(flip(SUMS))), 1.0, "high", 15, "relax", 1),
        lambda flip: superfiltering.rank(flip(superfiltering.scores(flip(MEANS))), 1.0, 15, "relax", 1),
        lambda flip: delta_loss.rank(flip({i: round(given) for i, (given, _) in SUMS.items()}), 1),
        lambda flip: nuggets.rank(flip({i: np.sign(row).tolist() for i, row in GAINS.items()}), 1),
    ],
)
def test_the_order_of_the_pool_changes_nothing(rank):
    assert rank(shuffled_dict) == rank(dict)
