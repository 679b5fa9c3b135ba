import numpy as np
import pytest

from gdig.config import Diversity
from gdig.selection.clusters import cluster


def settings(**changes):
    return Diversity(**({"num_clusters": 3, "min_cluster_size": 1, "normalise": False, "seed": 1} | changes))


def blobs(sizes=(20, 20, 20), seed=0):
    rng = np.random.default_rng(seed)
    centres = np.array([[10, 0], [0, 10], [-10, -10]], dtype=np.float32)
    return np.concatenate([c + rng.normal(size=(n, 2)).astype(np.float32) for c, n in zip(centres, sizes, strict=True)])


def test_blobs_are_found():
    labels = cluster(blobs(), settings())
    groups = labels.reshape(3, 20)
    assert all(len(set(group)) == 1 for group in groups)
    assert len({group[0] for group in groups}) == 3


def test_same_seed_same_clusters():
    np.testing.assert_array_equal(cluster(blobs(), settings()), cluster(blobs(), settings()))


def test_tiny_clusters_join_their_nearest_neighbour():
    points = np.concatenate([blobs((20, 20, 0)), [[30.0, -15.0]]]).astype(np.float32)  # one odd point near the first
    with_odd = cluster(points, settings())
    assert (with_odd == with_odd[-1]).sum() == 1
    labels = cluster(points, settings(min_cluster_size=2))
    assert labels[-1] == labels[0] != labels[20]
    assert set(labels) == {0, 1}


def test_normalised_points_cluster_by_direction():
    directions = np.repeat([[1.0, 0.0], [0.0, 1.0]], 10, axis=0)
    lengths = np.tile(np.geomspace(1, 100, 10), 2)[:, None]
    points = (directions * lengths + 1e-3 * np.arange(20)[:, None]).astype(np.float32)
    labels = cluster(points, settings(num_clusters=2, normalise=True))
    assert set(labels[:10]) != set(labels[10:])
    assert len(set(labels[:10])) == 1
    assert len(set(cluster(points, settings(num_clusters=2))[:10])) == 2


def test_fewer_points_than_clusters_is_refused():
    with pytest.raises(ValueError, match=r"num_clusters = 3, but there are 9 survivors with 2 distinct .*at most 2"):
        cluster(np.array([[0, 1]] * 5 + [[1, 0]] * 4, dtype=np.float32), settings())


def test_no_cluster_large_enough_is_refused():
    with pytest.raises(ValueError, match="min_cluster_size = 30, but the largest of 3 clusters has 20"):
        cluster(blobs(), settings(min_cluster_size=30))
