"""k-center greedy: points that cover all others. Shapes: N points, D dimensions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.io.order import shuffle_key
from gdig.run.progress import track

ROWS_AT_ONCE = 65_536
"""Bounds the working memory of a step."""


def k_center(
    ids: Sequence[str], points_ND: NDArray[np.float32], count: int, seed: int, centres_CD: NDArray[np.float32] | None
) -> list[str]:
    """Return `count` ids, each the furthest (Euclidean) from its nearest centre before it (Sener & Savarese 2018).

    Smaller selections are prefixes of larger ones. A step updates N distances, so the total cost is O(count N D).

    Args:
        ids: id of each point.
        points_ND: the points.
        count: at most N.
        seed: breaks ties, by a permutation that does not depend on the order of the points; without centres it also
            selects the first point.
        centres_CD: points already covered, or None.
    """
    assert count <= len(ids)
    rows = sorted(range(len(ids)), key=lambda row: shuffle_key(seed, ids[row]))
    points_ND = np.ascontiguousarray(points_ND[rows])
    nearest_N = np.full(len(ids), np.inf, dtype=np.float32)
    for centre_D in [] if centres_CD is None else centres_CD:
        np.minimum(nearest_N, _squared_distances(points_ND, centre_D), out=nearest_N)
    taken: list[str] = []
    for _ in track(range(count), total=count, label="k-center", unit="points"):
        furthest = int(nearest_N.argmax())  # the first of equals
        taken.append(ids[rows[furthest]])
        np.minimum(nearest_N, _squared_distances(points_ND, points_ND[furthest]), out=nearest_N)
        nearest_N[furthest] = -np.inf  # never select it twice, even if duplicates exist
    return taken


def _squared_distances(points_ND: NDArray[np.float32], centre_D: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return N squared distances, computed from differences, so that equal points have equal distances."""
    distances_N = np.empty(len(points_ND), dtype=np.float32)
    for start in range(0, len(points_ND), ROWS_AT_ONCE):
        difference_ND = points_ND[start : start + ROWS_AT_ONCE] - centre_D
        np.einsum("nd,nd->n", difference_ND, difference_ND, out=distances_N[start : start + ROWS_AT_ONCE])
    return distances_N
