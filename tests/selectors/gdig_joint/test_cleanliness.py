import numpy as np
import pytest

from gdig.io.records import CLEAN
from gdig.labels import auc
from gdig.selectors.gdig_joint import cleanliness as estimate
from gdig.selectors.gdig_joint.cleanliness import (
    Calibration,
    calibrate,
    doubtful_seeds,
    fit_logistic,
    held_out_scores,
    noise_share,
    probability,
)

NUM_SEEDS, COPIES = 200, 2
SOUND = np.repeat([True, False], [NUM_SEEDS, NUM_SEEDS * COPIES])
GROUPS = np.concatenate([np.arange(NUM_SEEDS)] * (1 + COPIES))


KINDS = np.where(SOUND, CLEAN, np.where(np.arange(len(SOUND)) % 2, "shuffled", "misaligned"))
HOW = {"ridge": 1.0, "num_samples": 40, "confidence": 0.95, "seed": 1}


def positions(sound, rng, num=3, *, of_sound=0.65):
    return rng.normal(np.where(sound, of_sound, 0.35)[:, None], 0.15, size=(len(sound), num)).clip(0, 1)


def estimated(pool, controls, kinds=KINDS, groups=GROUPS, **how):
    return noise_share(pool, controls, kinds, groups, **(HOW | how))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 1.0])
def test_a_planted_share_of_noise_is_within_its_interval(share):
    covered, found = [], []
    for trial in range(8):
        rng = np.random.default_rng([trial, round(10 * share)])
        pool = positions(rng.random(4000) >= share, rng)
        result = estimated(pool, positions(SOUND, rng), seed=trial)
        assert 0 <= result.low <= result.share <= result.high <= 1
        covered.append(result.low <= share <= result.high)
        found.append(result.share)
    assert sum(covered) >= 7
    assert np.mean(found) == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.8])
def test_it_is_so_too_where_the_pools_pairs_look_sounder_than_seeds_and_noise_is_of_one_kind(share):
    """A model has been trained on its pool, and not on its seeds."""
    covered = []
    for trial in range(8):
        rng = np.random.default_rng([trial, round(100 * share)])
        controls = positions(SOUND, rng)
        controls[KINDS == "shuffled"] += 0.1  # harder to tell, and all that the pool has
        pool = positions(rng.random(4000) >= share, rng, of_sound=0.75)
        pool[pool.mean(axis=1) < 0.45] += 0.05
        result = estimated(pool, controls.clip(0, 1), seed=trial)
        covered.append(result.low <= share <= result.high)
    assert sum(covered) >= 7


def test_the_interval_is_one_over_seeds_and_narrows_with_them():
    rng = np.random.default_rng(2)
    pool, own = positions(rng.random(4000) >= 0.4, rng), positions(SOUND, rng)

    def width(some):
        found = estimated(pool, own[some], KINDS[some], GROUPS[some], num_samples=200)
        return found.high - found.low

    assert width(GROUPS < 20) > 1.5 * width(GROUPS < NUM_SEEDS)


@pytest.mark.parametrize("draw", [8, 4])
def test_controls_that_only_a_fit_that_has_seen_them_separates_tell_nothing(draw):
    """With more kinds of random evidence than seeds a fit separates its own controls perfectly, and others by chance.

    In draw 8 held-out controls are the wrong way round. In draw 4 they are the right way by chance, which the left-out
    controls of resamples must put right.
    """
    num = 30
    rng = np.random.default_rng(draw)
    controls, pool = rng.random((2 * num, 40)), rng.random((400, 40))
    kinds, groups = np.repeat([CLEAN, "shuffled"], num), np.tile(np.arange(num), 2)
    own = fit_logistic(controls, kinds == CLEAN, 0.01).decision_function(controls)
    assert auc(own, kinds == CLEAN) > 0.99
    found = estimated(pool, controls, kinds, groups, ridge=0.01)
    assert (found.low, found.high) == (0, 1)
    if draw == 8:
        assert found.share == 0.5  # by its own controls .59 of the pool were noise


def test_where_nothing_tells_controls_apart_nothing_is_known():
    same = np.full((len(SOUND), 3), 0.5)
    found = estimated(np.random.default_rng(1).uniform(size=(50, 3)), same)
    assert (found.share, found.low, found.high) == (0.5, 0, 1)


def test_the_same_seed_gives_the_same_interval_and_the_order_of_the_pool_does_not_matter():
    rng = np.random.default_rng(3)
    pool, own = positions(rng.random(500) >= 0.4, rng), positions(SOUND, rng)
    found = estimated(pool, own)
    assert estimated(pool[::-1], own) == found
    assert estimated(pool, own, seed=2) != found


def test_held_out_scores_never_see_controls_of_the_same_seed(monkeypatch):
    rng = np.random.default_rng(4)
    values = positions(SOUND, rng)
    values[:, 0] = GROUPS / NUM_SEEDS  # says which seed it is
    seen = []

    def spied(positions_CF, sound_C, ridge):
        model = fit_logistic(positions_CF, sound_C, ridge)

        class Spy:
            def decision_function(self, asked):
                seen.append((set(positions_CF[:, 0]), set(asked[:, 0])))
                return model.decision_function(asked)

        return Spy()

    monkeypatch.setattr(estimate, "fit_logistic", spied)
    found = held_out_scores(values, SOUND, GROUPS, 1.0)
    assert len(seen) == estimate.FOLDS
    assert not any(fitted & asked for fitted, asked in seen)
    assert set.union(*(asked for _, asked in seen)) == set(values[:, 0])
    assert auc(found, SOUND) > 0.9


@pytest.mark.parametrize("with_copies", [[0, 5], [0, 5, 10, 15], range(13, 20)])
def test_with_few_seeds_that_have_copies_every_fit_still_has_both_classes(with_copies):
    rng = np.random.default_rng(5)
    groups = np.concatenate([np.arange(20), np.repeat(np.array(with_copies), 2)])
    sound = np.arange(len(groups)) < 20
    assert np.isfinite(held_out_scores(positions(sound, rng), sound, groups, 1.0)).all()


def test_the_score_rises_with_every_evidence_and_the_probability_with_the_score():
    rng = np.random.default_rng(6)
    model = fit_logistic(positions(SOUND, rng), SOUND, 1.0)
    assert (model.coef_ > 0).all()
    asked, line = np.linspace(-9, 9, 100), Calibration(1.0, 0.0)
    for noise in (0, 0.2, 0.9, 1):
        found = probability(asked, line, noise, 200)
        assert (np.diff(found) >= 0).all()
        assert ((found >= 0) & (found <= 1)).all()
    assert probability(np.zeros(1), line, 0.3, 200)[0] == pytest.approx(0.7, abs=1e-5)
    assert (np.diff([probability(np.ones(1), line, noise, 200)[0] for noise in (0, 0.3, 0.6, 1)]) < 0).all()


def test_no_pool_is_taken_for_sound_as_a_whole():
    """Of 8 seeds none is noise: one pair in ten may be."""
    for noise in (0.0, 0.1):
        assert probability(np.zeros(1), Calibration(1.0, 0.0), noise, 8)[0] == pytest.approx(0.9)


@pytest.mark.parametrize("ridge", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("share", [0.2, 0.6])
def test_probabilities_are_calibrated_whatever_the_ridge(ridge, share):
    rng = np.random.default_rng(7)
    sound = rng.random(20000) >= share
    own = np.repeat(SOUND, 9)
    controls, pool = (rng.normal(np.where(one, 0.55, 0.45)[:, None], 0.1, size=(len(one), 3)) for one in (own, sound))
    groups = np.concatenate([np.arange(9 * NUM_SEEDS)] * 3)
    line = calibrate(held_out_scores(controls, own, groups, ridge), own)
    found = probability(fit_logistic(controls, own, ridge).decision_function(pool), line, share, int(own.sum()))
    for low in np.arange(0, 1, 0.2):
        inside = (found >= low) & (found < low + 0.2)
        assert sound[inside].mean() == pytest.approx(found[inside].mean(), abs=0.06)


def test_classes_that_are_apart_leave_a_finite_line():
    line = calibrate(np.where(SOUND, 3.0, -3.0), SOUND)
    assert 0 < line.slope < 10
    assert probability(np.array([3.0]), line, 0.5, NUM_SEEDS)[0] == pytest.approx(
        (NUM_SEEDS + 1) / (NUM_SEEDS + 2), abs=1e-3
    )


def test_scores_that_are_higher_for_noise_say_nothing():
    line = calibrate(np.where(SOUND, -1.0, 1.0), SOUND)
    assert probability(np.array([-9.0, 9.0]), line, 0.3, NUM_SEEDS) == pytest.approx([0.7, 0.7])


def test_doubtful_seeds_are_told_least_likely_first_and_their_copies_are_not():
    found = doubtful_seeds(list("abcd"), np.array([0.4, 0.9, 0.1, 0.05]), np.array([True, True, True, False]))
    assert found == ["c", "a"]
