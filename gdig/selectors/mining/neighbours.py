"""Nearest-neighbour distances of pairs. Shapes: N queries, R references, D dimensions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from gdig.io.order import shuffled


def references(ids: Sequence[str], count: int | None, neighbour: int, seed: int) -> list[str]:
    """Return the reference ids of distances: all, or a seeded sample of `count`, independent of their order.

    Raises:
        ValueError: there are too few for that neighbour.
    """
    chosen = shuffled(ids, seed)[:count]
    if len(chosen) <= neighbour:
        raise ValueError(
            f"indicators.neighbour = {neighbour}, but distances are measured to {len(chosen)} pairs, of which a pair "
            f"may be one; lower it, or raise indicators.num_references (or pool.num_pool)"
        )
    return chosen


def neighbour_distances(
    queries_ND: NDArray[np.float32], are_references_N: NDArray[np.bool_], references_RD: NDArray[np.float32],
    neighbour: int,
) -> NDArray[np.float64]:  # fmt: skip
    """Return the Euclidean distance of each query to its i-th nearest neighbour, from 1, excluding itself.

    Knn_i of Cao et al. 2023 (Instruction Mining).

    Args:
        queries_ND: query points.
        are_references_N: which queries are also references.
        references_RD: reference points; more than `neighbour`.
        neighbour: i.
    """
    # Single-threaded: more threads would only compete for the cores.
    with threadpool_limits(limits=1, user_api="openmp"):
        search = NearestNeighbors(n_neighbors=neighbour + 1, algorithm="brute").fit(references_RD)
        distances_NI = search.kneighbors(queries_ND)[0].astype(np.float64)
    # The nearest neighbour of a reference is itself, at distance 0; duplicates are at distance 0 too.
    chosen: NDArray[np.float64] = np.where(are_references_N, distances_NI[:, neighbour], distances_NI[:, neighbour - 1])
    return chosen
