import numpy as np
import pytest

from gdig.selectors.mining.pair_features import filled, pair_features, standardised

RNG = np.random.default_rng(8)
EMBEDDINGS = RNG.normal(size=(20, 5)).astype(np.float32)
SIMILARITY, REWARD, RATING = RNG.normal(size=(3, 20))
CHARACTERS = RNG.integers(3, 80, 20).astype(float)


def test_features_of_20_pairs_are_those_of_the_formula():
    found = pair_features(SIMILARITY, REWARD, CHARACTERS, RATING, EMBEDDINGS, 3)
    expected = np.column_stack([SIMILARITY, 10 * REWARD, 10 * (10 * CHARACTERS / CHARACTERS.max()), RATING])
    np.testing.assert_allclose(found[:, :4], expected, atol=1e-6)
    centred = EMBEDDINGS.astype(float) - EMBEDDINGS.astype(float).mean(axis=0)
    components = centred @ np.linalg.svd(centred, full_matrices=False)[2][:3].T
    np.testing.assert_allclose(np.abs(found[:, 4:]), np.abs(components), atol=1e-6)


def test_features_do_not_depend_on_the_order_of_the_pool():
    found = pair_features(SIMILARITY, REWARD, CHARACTERS, RATING, EMBEDDINGS, 3)
    turned = pair_features(*(part[::-1] for part in (SIMILARITY, REWARD, CHARACTERS, RATING, EMBEDDINGS)), 3)
    np.testing.assert_allclose(turned[::-1], found, atol=1e-9)


def test_more_components_than_dimensions_are_refused():
    with pytest.raises(ValueError, match=r"num_components = 6, but 20 embeddings of 5 dimensions have no more than 5"):
        pair_features(SIMILARITY, REWARD, CHARACTERS, RATING, EMBEDDINGS, 6)


def test_standardised_features_have_mean_0_and_deviation_1_and_constants_are_0():
    found = standardised(np.column_stack([REWARD, np.full(20, 4.0)]))
    np.testing.assert_allclose(found[:, 0], (REWARD - REWARD.mean()) / REWARD.std(), atol=1e-12)
    np.testing.assert_array_equal(found[:, 1], 0)


def test_the_median_stands_for_what_the_judge_has_not_rated():
    assert filled({"a": 1.0, "b": None, "c": 5.0, "d": 4.0}) == {"a": 1.0, "b": 4.0, "c": 5.0, "d": 4.0}
    with pytest.raises(ValueError, match="the judge has rated no pair"):
        filled({"a": None})
