import numpy as np
import pytest

from gdig.config import IfdModel
from gdig.selectors.ifd.experience import experience
from tests.training.toy import settings as training

IDS = [f"p{n:02}" for n in range(40)]
CENTRES = np.float32([[9, 0], [0, 9], [-9, -9], [9, -9]])
POINTS = np.repeat(CENTRES, 10, axis=0) + np.random.default_rng(1).normal(scale=0.1, size=(40, 2)).astype(np.float32)
LOSSES = {i: float(n % 10) / 3 for n, i in enumerate(IDS)}
"""In each cluster 0, 1/3 ... 3."""


def settings(**changes):
    values = {
        "preset": "own",
        "num_clusters": 4,
        "per_cluster": 3,
        "band": [25.0, 75.0],
        "max_tokens": 99,
        "training": training(),
    }
    return IfdModel(**(values | {"seed": 5} | changes))


def test_of_every_cluster_the_middle_is_taken_at_even_distances():
    # Places 2.25 and 6.75 of 0 ... 9 bound the middle: 3, 4, 5, 6 are in it, of which three are the 1st, 3rd and last.
    taken = experience(IDS, POINTS, LOSSES, settings())
    assert sorted(taken) == sorted(f"p{ten}{n}" for ten in range(4) for n in (3, 5, 6))
    assert sorted(experience(IDS, POINTS, LOSSES, settings(per_cluster=9)))[:4] == ["p03", "p04", "p05", "p06"]
    assert len(experience(IDS, POINTS, LOSSES, settings(band=[0.0, 100.0], per_cluster=99))) == 40


def test_the_order_of_the_pool_changes_nothing():
    flipped = dict(reversed(LOSSES.items()))
    assert experience(IDS[::-1], POINTS[::-1], flipped, settings()) == experience(IDS, POINTS, LOSSES, settings())


def test_fewer_texts_than_clusters_are_refused():
    with pytest.raises(ValueError, match="num_clusters = 5, but the 40 candidates have 4 distinct embeddings; lower"):
        experience(IDS, np.repeat(CENTRES, 10, axis=0), LOSSES, settings(num_clusters=5))
