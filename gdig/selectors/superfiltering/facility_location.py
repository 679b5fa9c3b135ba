"""Greedy facility location: points that represent all others. Shapes: N points, D dimensions."""

import heapq
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.io.order import shuffle_key
from gdig.run.progress import track

DIGITS = 9
"""Decimals of a gain. Mutual nearest neighbours have equal gains once all else is covered, up to the summation order,
which would otherwise break the tie in place of the seed."""
Similarity = Callable[[NDArray[np.float64], int], NDArray[np.float64]]
"""From points_ND of unit length and a row to the nonnegative similarities s(i, row) of all of them."""
SLACK = 1e-9
"""Relative tolerance for the summation order of the first gains, which differs from that of later ones."""


def cosine(points_ND: NDArray[np.float64], row: int) -> NDArray[np.float64]:
    """Return s(i, j) = 1 + cosine, which is 2 - |p_i - p_j|^2 / 2."""
    # A separate sum per row gives equal points equal results, unlike a matrix product.
    similarities_N: NDArray[np.float64] = 1 + np.einsum("nd,d->n", points_ND, points_ND[row])
    return similarities_N


def exponential(points_ND: NDArray[np.float64], row: int) -> NDArray[np.float64]:
    """Return s(i, j) = exp(-|p_i - p_j| / D): submodlib's for `metric="euclidean"`, which Superfiltering.D takes."""
    distances_N = np.sqrt(np.square(points_ND - points_ND[row]).sum(axis=1))
    similarities_N: NDArray[np.float64] = np.exp(-distances_N / points_ND.shape[1])
    return similarities_N


def facility_location(
    ids: Sequence[str], points_ND: NDArray[np.float32], count: int, seed: int, similarity: Similarity = cosine
) -> list[str]:
    """Return `count` ids, each the one that raises f most; smaller selections are prefixes of larger ones.

    f(S) = sum over all points i of the max over j in S of s(i, j), for points scaled to unit length. Greedy reaches
    1 - 1/e of the best f (Nemhauser et al. 1978). Gains only fall as S grows, so a point whose last known gain is below
    another's current one is not evaluated (Minoux 1978, lazy greedy): the same selection with far fewer evaluations,
    each of N D products.

    Args:
        ids: id of each point.
        points_ND: the points, all nonzero.
        count: at most N.
        seed: breaks ties, by a permutation that does not depend on the order of the points.
        similarity: `cosine` or `exponential`.
    """
    assert count <= len(ids)
    rows = sorted(range(len(ids)), key=lambda row: shuffle_key(seed, ids[row]))
    points = points_ND[rows].astype(np.float64)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    covered_N = np.zeros(len(ids))
    first = _first_cosine_gains(points).tolist() if similarity is cosine else [math.inf] * len(ids)
    bounds = [(-gain * (1 + SLACK), row) for row, gain in enumerate(first)]
    heapq.heapify(bounds)
    taken: list[str] = []
    for _ in track(range(count), total=count, label="facility location", unit="points"):
        fresh = -1
        while bounds[0][1] != fresh:
            # For equal gains the heap returns the first of the permutation.
            fresh = bounds[0][1]
            gain = float(np.maximum(similarity(points, fresh) - covered_N, 0).sum())
            heapq.heapreplace(bounds, (-round(gain, DIGITS), fresh))
            if bounds[0][1] != fresh:
                fresh = -1
        heapq.heappop(bounds)
        covered_N = np.maximum(covered_N, similarity(points, fresh))
        taken.append(ids[rows[fresh]])
    return taken


def _first_cosine_gains(points_ND: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each point's sum of similarities, which are nonnegative: N + p_j . sum of all p."""
    gains: NDArray[np.float64] = len(points_ND) + points_ND @ points_ND.sum(axis=0)
    return gains
