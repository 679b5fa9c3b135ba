import numpy as np

from gdig.report.charts.cluster_map import plane


def test_the_plane_holds_most_of_the_variance_and_does_not_flip():
    points = np.random.default_rng(1).normal(size=(50, 6)) * [9, 4, 1, 1, 1, 1]
    places, (first, second) = plane(points.astype("f4"), normalised=False)
    assert first > second > 0.05
    spread = np.linalg.svd((points - points.mean(axis=0)), compute_uv=False)
    np.testing.assert_allclose(np.linalg.norm(places, axis=0), spread[:2], rtol=1e-5)
    again, _ = plane(-points.astype("f4"), normalised=False)
    np.testing.assert_allclose(again, -places, atol=1e-4)
