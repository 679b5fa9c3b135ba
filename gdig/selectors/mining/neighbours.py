"""How far a pair stands from others. Shapes: N queries, R references, D dimensions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from gdig.io.order import shuffled


def references(ids: Sequence[str], count: int | None, neighbour: int, seed: int) -> list[str]:
    """Return the ids that distances are measured to: all, or a seeded draw of `count`, whatever their order.

    Raises:
        ValueError: too few for a neighbour of that number.
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
    """Return the Euclidean distance of each query to its nearest neighbour of that number, from 1, itself not counted.

    Knn_i of Cao et al. 2023 (Instruction Mining).

    Args:
        queries_ND: points.
        are_references_N: which of them stand among the references too.
        references_RD: what distances are measured to; more than `neighbour`.
        neighbour: i.
    """
    # Threads would change nothing but who has the cores.
    with threadpool_limits(limits=1, user_api="openmp"):
        search = NearestNeighbors(n_neighbors=neighbour + 1, algorithm="brute").fit(references_RD)
        distances_NI = search.kneighbors(queries_ND)[0].astype(np.float64)
    # A reference's nearest is itself, at distance 0; where others stand on the same point, so are they.
    return np.where(are_references_N, distances_NI[:, neighbour], distances_NI[:, neighbour - 1])
