"""K-means clusters of projected gradients (or embeddings), with tiny clusters folded into their neighbours.

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
    """Return the cluster of every survivor, of which `ids` and `points_PK` hold more."""
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

    With `normalise`, points are scaled to unit length first: a gradient's length says how badly a pair is known, its
    direction what the pair teaches.

    Clusters of fewer than `min_size` points are dissolved: their points join the nearest cluster that stays. A
    cluster is drawn from as often as any other, so one odd pair in a cluster of its own would stand for a pattern.

    Raises:
        ValueError: fewer points, or fewer distinct points, than clusters; no cluster of `min_size`.
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
    # Partial sums of OpenMP threads are added in the order in which the threads finish: one thread, same bytes.
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
