"""Spectral clusters of the pool. Shapes: N points, D dimensions, G points of the graph."""

import logging
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.neighbors import NearestNeighbors, kneighbors_graph
from threadpoolctl import threadpool_limits

from gdig.config import InstructionGpt4Clusters
from gdig.io.order import shuffle_key

logger = logging.getLogger(__name__)


def spectral_clusters(
    ids: Sequence[str], points_ND: NDArray[np.float32], settings: InstructionGpt4Clusters
) -> dict[str, int]:
    """Return the cluster of every point, independent of the order of the points.

    Spectral clustering cuts the nearest-neighbour graph (von Luxburg 2007) of at most `max_points` points, a seeded
    sample, since its time and memory grow superlinearly. The other points join the cluster of the nearest sampled
    point.

    Raises:
        ValueError: there are too few points for the clusters or the neighbours.
    """
    rows = sorted(range(len(ids)), key=lambda row: shuffle_key(settings.seed, ids[row]))
    rows_ND = points_ND[rows].astype(np.float64)
    drawn_GD = rows_ND if settings.kind == "kmeans" else rows_ND[: settings.max_points]
    distinct = len(np.unique(drawn_GD, axis=0))
    if distinct < settings.num_clusters:
        raise ValueError(
            f"instructiongpt4_clusters.num_clusters = {settings.num_clusters}, but there are {distinct} distinct "
            f"points to cluster; lower it"
        )
    # One thread keeps the bytes reproducible: see gdig.selection.clusters.
    with threadpool_limits(limits=1, user_api="openmp"):
        if settings.kind == "kmeans":
            model = KMeans(settings.num_clusters, n_init=10, random_state=settings.seed)
            labels_N = model.fit_predict(drawn_GD)
        else:
            model = SpectralClustering(settings.num_clusters, affinity="precomputed", random_state=settings.seed)
            graph = _graph(drawn_GD, settings.num_neighbours)
            with warnings.catch_warnings():
                # _graph reports this, with the remedy.
                warnings.filterwarnings("ignore", "Graph is not fully connected")
                labels_N = model.fit_predict(graph)
        if len(drawn_GD) < len(ids):
            search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(drawn_GD)
            nearest = search.kneighbors(rows_ND[len(drawn_GD) :])[1][:, 0]
            labels_N = np.concatenate([labels_N, labels_N[nearest]])
    return {ids[row]: int(label) for row, label in zip(rows, labels_N, strict=True)}


def _graph(points_GD: NDArray[np.float64], num_neighbours: int) -> Any:
    """Return the sparse adjacency (G x G): 1 for mutual neighbours, 1/2 for one-sided ones."""
    if len(points_GD) <= num_neighbours:
        raise ValueError(
            f"instructiongpt4_clusters.num_neighbours = {num_neighbours}, but {len(points_GD)} points are clustered; "
            f"lower it, or raise max_points"
        )
    directed = kneighbors_graph(points_GD, num_neighbours, include_self=True)
    graph = (directed + directed.T) / 2
    parts = connected_components(graph, directed=False)[0]
    if parts > 1:
        # Cuts between components are free, so near-duplicates that are connected only to each other become clusters.
        logger.warning(
            "instructiongpt4_clusters: the graph has %d components, which become clusters first, even if small; "
            "raise num_neighbours above the number of a sentence's near-duplicates",
            parts,
        )
    return graph
