import numpy as np
import pytest

from gdig.labels import auc
from gdig.selectors.gdig_joint import cleanliness as estimate
from gdig.selectors.gdig_joint.cleanliness import fit_logistic, held_out_scores, noise_share, probability

NUM_SEEDS, COPIES = 200, 2
SOUND = np.repeat([True, False], [NUM_SEEDS, NUM_SEEDS * COPIES])
GROUPS = np.concatenate([np.arange(NUM_SEEDS)] * (1 + COPIES))


def scores(sound, rng):
    """Log odds of two normals that overlap: 11% of each are on the other's side."""
    return rng.normal(np.where(sound, 1.5, -1.5), 1.2)


def positions(sound, rng, num=3):
    return rng.normal(np.where(sound, 0.65, 0.35)[:, None], 0.15, size=(len(sound), num)).clip(0, 1)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 1.0])
def test_a_planted_share_of_noise_is_recovered_within_its_interval(share):
    covered, found = [], []
    for trial in range(60):
        rng = np.random.default_rng([trial, round(10 * share)])
        pool = scores(rng.random(4000) >= share, rng)
        result = noise_share(pool, scores(SOUND, rng), SOUND, GROUPS, 200, 0.95, trial)
        assert 0 <= result.low <= result.high <= 1
        covered.append(result.low <= share <= result.high)
        found.append(result.share)
    # At either end, what is over it is cut off.
    assert np.mean(found) == pytest.approx(share, abs=0.015)
    assert np.std(found) < 0.03
    assert np.mean(covered) > 0.88


def test_plain_counting_would_be_wrong_where_the_adjusted_one_is_right():
    rng = np.random.default_rng(1)
    pool = scores(rng.random(40000) >= 0.05, rng)
    result = noise_share(pool, scores(SOUND, rng), SOUND, GROUPS, 10, 0.95, 1)
    assert (pool < 0).mean() > 0.1
    assert result.share == pytest.approx(0.05, abs=0.03)


def test_the_interval_is_one_over_seeds_and_narrows_with_them():
    rng = np.random.default_rng(2)
    pool, own = scores(rng.random(4000) >= 0.4, rng), scores(SOUND, rng)

    def width(scores_C, sound_C, groups_C):
        found = noise_share(pool, scores_C, sound_C, groups_C, 300, 0.95, 1)
        return found.high - found.low

    whole = width(own, SOUND, GROUPS)
    few = GROUPS < 20
    assert width(own[few], SOUND[few], GROUPS[few]) > 2 * whole
    # Copies that are exactly like each other add nothing: as wide as with one of them, not narrower.
    twins = np.concatenate([own[: 2 * NUM_SEEDS], own[NUM_SEEDS : 2 * NUM_SEEDS]])
    one = slice(0, 2 * NUM_SEEDS)
    assert width(twins, SOUND, GROUPS) == pytest.approx(width(own[one], SOUND[one], GROUPS[one]), rel=0.15)


@pytest.mark.parametrize("own", [np.zeros(len(SOUND)), np.ones(len(SOUND)), np.where(SOUND, -1.0, 1.0)])
def test_where_nothing_tells_controls_apart_nothing_is_known(own):
    found = noise_share(np.linspace(-2, 2, 50), own, SOUND, GROUPS, 10, 0.95, 1)
    assert (found.share, found.low, found.high) == (0, 0, 1)


def test_the_same_seed_gives_the_same_interval_and_the_order_of_the_pool_does_not_matter():
    rng = np.random.default_rng(3)
    pool, own = scores(rng.random(500) >= 0.4, rng), scores(SOUND, rng)
    found = noise_share(pool, own, SOUND, GROUPS, 50, 0.9, 1)
    assert noise_share(pool[::-1], own, SOUND, GROUPS, 50, 0.9, 1) == found
    assert noise_share(pool, own, SOUND, GROUPS, 50, 0.9, 2) != found


def test_held_out_scores_never_see_controls_of_the_same_seed(monkeypatch):
    rng = np.random.default_rng(4)
    values = positions(SOUND, rng)
    values[:, 0] = GROUPS / NUM_SEEDS  # says which seed it is
    seen = []

    def spied(positions_CF, sound_C):
        model = fit_logistic(positions_CF, sound_C)

        class Spy:
            def decision_function(self, asked):
                seen.append((set(positions_CF[:, 0]), set(asked[:, 0])))
                return model.decision_function(asked)

        return Spy()

    monkeypatch.setattr(estimate, "fit_logistic", spied)
    found = held_out_scores(values, SOUND, GROUPS)
    assert len(seen) == estimate.FOLDS
    assert not any(fitted & asked for fitted, asked in seen)
    assert set.union(*(asked for _, asked in seen)) == set(values[:, 0])
    assert auc(found, SOUND) > 0.9


@pytest.mark.parametrize("with_copies", [[0, 5], [0, 5, 10, 15], range(13, 20)])
def test_with_few_seeds_that_have_copies_every_fit_still_has_both_classes(with_copies):
    rng = np.random.default_rng(5)
    groups = np.concatenate([np.arange(20), np.repeat(np.array(with_copies), 2)])
    sound = np.arange(len(groups)) < 20
    assert np.isfinite(held_out_scores(positions(sound, rng), sound, groups)).all()


def test_the_score_rises_with_every_evidence_and_the_probability_with_the_score():
    rng = np.random.default_rng(6)
    model = fit_logistic(positions(SOUND, rng), SOUND)
    assert (model.coef_ > 0).all()
    asked = np.linspace(-9, 9, 100)
    for noise in (0, 0.2, 0.9, 1):
        found = probability(asked, noise)
        assert (np.diff(found) >= 0).all()
        assert ((found >= 0) & (found <= 1)).all()
    assert probability(np.zeros(1), 0.3)[0] == pytest.approx(0.7, abs=1e-5)
    assert (np.diff([probability(np.ones(1), noise)[0] for noise in (0, 0.3, 0.6, 1)]) < 0).all()


def test_probabilities_are_calibrated_where_noise_is_like_the_controls():
    rng = np.random.default_rng(7)
    sound = rng.random(20000) >= 0.6
    # One evidence whose log odds are a line: what a logistic regression takes for granted.
    controls, pool = (rng.normal(np.where(own, 1.0, -1.0)[:, None], 1) for own in (np.repeat(SOUND, 9), sound))
    found = probability(fit_logistic(controls, np.repeat(SOUND, 9)).decision_function(pool), 0.6)
    for low in np.arange(0, 1, 0.2):
        inside = (found >= low) & (found < low + 0.2)
        assert sound[inside].mean() == pytest.approx(found[inside].mean(), abs=0.05)
