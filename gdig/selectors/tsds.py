"""TSDS: candidates sampled with the probabilities of an optimal transport from the seeds (Liu et al. 2024).

Each of M seeds has mass 1/M, and g_ij is the mass moved from seed i to candidate j. The transport minimises

    (alpha / scale) sum_ij g_ij d_ij  +  (1 - alpha) M max_ij rho_j g_ij

where d_ij is the Euclidean distance, and rho_j a kernel density estimate that counts near-duplicates of j, so that they
share the mass of one. The solution has a closed form: for a certain s, seed i gives its nearest candidates
1 / (M s rho_j) each until its mass is used up. s is the smallest value beyond which transport costs more than the
regulariser saves.

Shapes: N candidates, M seeds, D dimensions, K neighbours of a seed.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from gdig.io.order import shuffle_key, uniform

Array = NDArray[np.float32] | NDArray[np.float64]
ROWS_AT_ONCE = 512
"""Bounds the memory of the density estimate."""


def densities(points_UD: Array, all_ND: Array, width: float) -> NDArray[np.float64]:
    """Return rho_U = sum over all points x' of max(0, 1 - |x - x'|^2 / width^2): 1 and what its near-duplicates add.

    Args:
        points_UD: points that are also among `all_ND`.
        all_ND: points of the density.
        width: minimum distance of points that are not near-duplicates; 0: there are none.
    """
    if width == 0:
        return np.ones(len(points_UD))
    found_U = np.empty(len(points_UD))
    for start in range(0, len(points_UD), ROWS_AT_ONCE):
        squared_BN = cdist(points_UD[start : start + ROWS_AT_ONCE], all_ND, "sqeuclidean") / width**2
        found_U[start : start + ROWS_AT_ONCE] = np.maximum(0, 1 - squared_BN).sum(axis=1)
    return found_U


def optimal_spread(
    distances_MK: NDArray[np.float64], densities_MK: NDArray[np.float64], alpha: float, scale: float
) -> float:
    """Return s; the nearest neighbours of a seed take mass 1 / (M s rho) each.

    As s grows past c_k, the sum of 1 / rho of the first k neighbours of a seed, the next neighbour begins to take mass,
    and the marginal cost rises by c_k (d_{k+1} - d_k). At the optimum it reaches the saving of the regulariser, (1 -
    alpha) M scale / alpha.

    Args:
        distances_MK: distances of each seed to its neighbours, nearest first.
        densities_MK: densities of the neighbours.
        alpha: weight of the distances, 0 to 1.
        scale: scale, in the unit of the distances.

    Returns:
        s; infinity if there are too few neighbours for the optimum.
    """
    sums_MK = np.cumsum(1 / densities_MK, axis=1)
    rises_MK = sums_MK[:, :-1] * np.diff(distances_MK, axis=1)
    order = np.argsort(sums_MK[:, :-1], axis=None, kind="stable")
    reached = np.cumsum(rises_MK.ravel()[order]) >= (1 - alpha) * len(distances_MK) * scale / alpha
    s = float(sums_MK[:, :-1].ravel()[order[reached.argmax()]]) if reached.any() else math.inf
    # The neighbours of every seed must be able to take all of its mass.
    return s if s <= sums_MK[:, -1].min() else math.inf


def probabilities(
    candidates_ND: Array, seeds_MD: Array, alpha: float, scale: float, width: float, num_neighbours: int
) -> NDArray[np.float64]:
    """Return the mass of every candidate, probabilities_N, of sum 1.

    Args:
        candidates_ND: representations of the candidates.
        seeds_MD: representations of the seeds.
        alpha: weight of the distances against the regulariser.
        scale: scale of the distances, of the order of a typical one.
        width: kernel width; 0: near-duplicates are ignored.
        num_neighbours: maximum neighbours of a seed that can take mass.

    Raises:
        ValueError: the optimum needs more neighbours.
    """
    num_candidates, num_seeds = len(candidates_ND), len(seeds_MD)
    count = min(num_neighbours, num_candidates)
    near_MK = np.empty((num_seeds, count), dtype=np.intp)
    distances_MK = np.empty((num_seeds, count))
    for row, seed_D in enumerate(seeds_MD):
        distance_N = cdist(seed_D[None], candidates_ND)[0]
        near_MK[row] = np.argsort(distance_N, kind="stable")[:count]
        distances_MK[row] = distance_N[near_MK[row]]
    used_U, place_MK = np.unique(near_MK, return_inverse=True)
    densities_U = densities(candidates_ND[used_U], candidates_ND, width)
    densities_MK = densities_U[place_MK.reshape(near_MK.shape)]
    s = optimal_spread(distances_MK, densities_MK, alpha, scale)
    sums_MK = np.cumsum(1 / densities_MK, axis=1)
    if math.isinf(s):
        if count < num_candidates:
            raise ValueError(
                f"rank_tsds.num_neighbours = {num_neighbours} are fewer than the transport would spread over; raise "
                f"it, or alpha = {alpha}, or lower scale = {scale}"
            )
        s = float(sums_MK[:, -1].min())
    before_MK = np.concatenate([np.zeros((num_seeds, 1)), sums_MK[:, :-1]], axis=1)
    # The part of [0, s] between the cumulative sums before and after this neighbour.
    mass_MK = (np.minimum(sums_MK, s) - np.minimum(before_MK, s)) / (num_seeds * s)
    found_N = np.zeros(num_candidates)
    np.add.at(found_N, near_MK, mass_MK)
    return found_N


def rank(
    ids: Sequence[str], candidates_ND: Array, seed_ids: Sequence[str], seeds_MD: Array, *, alpha: float, scale: float,
    width: float, num_neighbours: int, order: Literal["sample", "probability"], seed: int,
) -> tuple[list[str], dict[str, float]]:  # fmt: skip
    """Return all candidates in order, and the probability of each.

    The paper samples with replacement. A ranking has each candidate once, so `sample` samples without: candidate j has
    key E_j / p_j, where E_j is exponential and depends only on id and seed (Efraimidis & Spirakis 2006). The first k
    are then a sample of size k, and a prefix of larger samples. Candidates without mass follow, by distance to the
    nearest seed.

    Args:
        ids: id of each candidate.
        candidates_ND: representations of the candidates.
        seed_ids: id of each seed.
        seeds_MD: representations of the seeds.
        alpha: see `probabilities`, also for the next three.
        scale: scale of the distances.
        width: kernel width.
        num_neighbours: maximum neighbours per seed.
        order: sample, or highest probability first.
        seed: seed of the sample and of ties.
    """
    # Sort by id, so that rounding and ties do not depend on the input order.
    rows = sorted(range(len(ids)), key=lambda row: shuffle_key(seed, ids[row]))
    seed_rows = sorted(range(len(seed_ids)), key=lambda row: shuffle_key(seed, seed_ids[row]))
    ids, candidates_ND, seeds_MD = [ids[row] for row in rows], candidates_ND[rows], seeds_MD[seed_rows]
    found_N = probabilities(candidates_ND, seeds_MD, alpha, scale, width, num_neighbours)
    nearest_N = np.min([cdist(seed_D[None], candidates_ND)[0] for seed_D in seeds_MD], axis=0)

    def key(row: int) -> tuple[bool, float]:
        if not found_N[row]:
            return True, float(nearest_N[row])
        if order == "probability":
            return False, -float(found_N[row])
        return False, -math.log(uniform(seed, f"draw/{ids[row]}")) / found_N[row]

    ranking = [ids[row] for row in sorted(range(len(ids)), key=key)]
    return ranking, dict(zip(ids, found_N.tolist(), strict=True))
