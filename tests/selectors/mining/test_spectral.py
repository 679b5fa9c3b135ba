import numpy as np
import pytest

from gdig.config import InstructionGpt4Clusters
from gdig.selectors.mining.spectral import spectral_clusters


def settings(**changes):
    values = {"kind": "spectral", "num_clusters": 3, "num_neighbours": 10, "max_points": 1000, "seed": 1}
    return InstructionGpt4Clusters(**(values | changes))


CENTRES = np.array([[5, 0], [0, 5], [-4, -4]])
RNG = np.random.default_rng(0)
POINTS = np.concatenate([centre + RNG.normal(size=(30, 2)) for centre in CENTRES]).astype(np.float32)
IDS = [f"p{n}" for n in range(90)]
BLOBS = {frozenset(IDS[start : start + 30]) for start in (0, 30, 60)}


def groups(clusters):
    return {frozenset(i for i in clusters if clusters[i] == label) for label in set(clusters.values())}


@pytest.mark.parametrize("changes", [{}, {"kind": "kmeans"}, {"max_points": 45}])
def test_blobs_are_found_also_of_points_that_were_not_drawn(changes):
    # One stray point of a blob may be nearer to another.
    found = groups(spectral_clusters(IDS, POINTS, settings(**changes)))
    assert len(found) == 3
    assert all(max(len(group & blob) for group in found) >= 29 for blob in BLOBS)


@pytest.mark.parametrize("changes", [{}, {"kind": "kmeans"}, {"max_points": 45}])
def test_the_order_of_the_points_does_not_matter(changes):
    how = settings(**changes)
    assert spectral_clusters(IDS[::-1], POINTS[::-1], how) == spectral_clusters(IDS, POINTS, how)


def test_two_rings_are_reported_apart_where_k_means_cannot():
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    points = np.concatenate([ring, 4 * ring]).astype(np.float32)
    ids = [f"r{n}" for n in range(120)]
    rings = {frozenset(ids[:60]), frozenset(ids[60:])}
    assert groups(spectral_clusters(ids, points, settings(num_clusters=2, num_neighbours=5))) == rings
    assert groups(spectral_clusters(ids, points, settings(num_clusters=2, kind="kmeans"))) != rings


def test_a_graph_in_parts_is_reported(caplog):
    spectral_clusters(IDS, np.concatenate([POINTS[:60], POINTS[60:] - 100]).astype(np.float32), settings())
    assert "the graph has " in caplog.text
    assert "raise num_neighbours" in caplog.text


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match=r"num_clusters = 4, but there are 3 distinct points to cluster; lower it"):
        spectral_clusters(IDS, np.repeat(CENTRES, 30, axis=0).astype(np.float32), settings(num_clusters=4))
    with pytest.raises(ValueError, match=r"num_neighbours = 50, but 45 points are clustered; lower it, or raise max_"):
        spectral_clusters(IDS, POINTS, settings(num_neighbours=50, max_points=45))
    # A point is no neighbour of its own.
    with pytest.raises(ValueError, match="num_neighbours = 45, but 45 points are clustered"):
        spectral_clusters(IDS, POINTS, settings(num_neighbours=45, max_points=45))
