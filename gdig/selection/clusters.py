"""K-means clusters of projected gradients (or embeddings), with tiny clusters merged into their neighbours.

Shapes: N survivors, P pool pairs, C clusters, K dimensions.
"""

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from gdig.config import Diversity

logger = logging.getLogger(__name__)
MAX_ITERATIONS = 100


def clusters_of(
    survivors: Sequence[str], ids: Sequence[str], points_PK: NDArray[np.float32], settings: Diversity
) -> dict[str, int]:
    """Return the cluster of every survivor; `ids` and `points_PK` cover the whole pool."""
    row_of = {i: row for row, i in enumerate(ids)}
    labels_N = cluster(points_PK[[row_of[i] for i in survivors]], settings)
    sizes_C = np.bincount(labels_N)
    logger.info(
        "clusters: %d survivors in %d clusters of %d to %d (%d tiny ones dissolved)",
        len(survivors), len(sizes_C), sizes_C.min(), sizes_C.max(), settings.num_clusters - len(sizes_C),
    )  # fmt: skip
    return dict(zip(survivors, labels_N.tolist(), strict=True))


def cluster(points_NK: NDArray[np.float32], settings: Diversity) -> NDArray[np.int64]:
    """Return the cluster of every point, numbered from 0 without gaps.

    With `normalise`, points are scaled to unit length first: the norm of a gradient measures how badly the model fits a
    pair, its direction what the pair teaches.

    Clusters of fewer than `min_size` points are dissolved: their points join the nearest remaining cluster. All
    clusters are sampled equally often, so an outlier in its own cluster would count as a pattern.

    Raises:
        ValueError: there are fewer distinct points than clusters, or no cluster has `min_size` points.
    """
    num_clusters, min_size = settings.num_clusters, settings.min_cluster_size
    if settings.normalise:
        points_NK = normalize(points_NK)
    distinct = len(np.unique(points_NK, axis=0))
    if distinct < num_clusters:
        raise ValueError(
            f"diversity.num_clusters = {num_clusters}, but there are {len(points_NK)} survivors with {distinct} "
            f"distinct points; lower it to at most {distinct}"
        )
    # OpenMP adds partial sums in the order in which threads finish: one thread keeps the bytes reproducible.
    with threadpool_limits(limits=1, user_api="openmp"):
        model = KMeans(num_clusters, init="k-means++", n_init=1, max_iter=MAX_ITERATIONS, random_state=settings.seed)
        labels_N = model.fit_predict(points_NK)
    large_C = np.bincount(labels_N, minlength=num_clusters) >= min_size
    if not large_C.any():
        raise ValueError(
            f"diversity.min_cluster_size = {min_size}, but the largest of {num_clusters} clusters has "
            f"{np.bincount(labels_N).max()} members; lower it, or lower diversity.num_clusters"
        )
    astray_N = ~large_C[labels_N]
    if astray_N.any():
        kept = np.flatnonzero(large_C)
        nearest = pairwise_distances_argmin(points_NK[astray_N], model.cluster_centers_[kept])
        labels_N[astray_N] = kept[nearest]
    numbered_N: NDArray[np.int64] = np.unique(labels_N, return_inverse=True)[1]
    return numbered_N
