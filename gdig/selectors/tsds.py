"""TSDS: candidates drawn as optimal transport from the seeds spreads over them (Liu et al. 2024).

Of the transports that give each of M seeds the mass 1/M, g_ij from seed i to candidate j, the one is taken that least

    (alpha / scale) sum_ij g_ij d_ij  +  (1 - alpha) M max_ij rho_j g_ij

has: d_ij is the Euclidean distance, and rho_j a kernel density estimate that counts near-duplicates of j, which so
share what one of them would have. It is found in closed form: for a certain s, seed i gives its nearest candidates
1 / (M s rho_j) each until its mass is gone. s is the least at which a larger one would cost more transport than it
saves.

Shapes: N candidates, M seeds, D dimensions, K neighbours of a seed.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from gdig.io.order import shuffle_key

Array = NDArray[np.float32] | NDArray[np.float64]
ROWS_AT_ONCE = 512
"""Bounds the memory that densities take."""
_SHARE = 2.0**-64


def densities(points_UD: Array, all_ND: Array, width: float) -> NDArray[np.float64]:
    """Return rho_U = sum over all points x' of max(0, 1 - |x - x'|^2 / width^2): 1 and what its near-duplicates add.

    Args:
        points_UD: points that are also among `all_ND`.
        all_ND: what the density is of.
        width: distance from which on points are no near-duplicates; 0: none are.
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
    """Return s, of which a seed's nearest neighbours take 1 / (M s rho) each.

    As s grows, the next neighbour of a seed begins to take mass where s passes the sum of 1 / rho of those before it,
    c_k, and the cost of a further growth rises by c_k (d_{k+1} - d_k). The optimum is where these reach what the
    regulariser saves, (1 - alpha) M scale / alpha.

    Args:
        distances_MK: of each seed to its neighbours, nearest first.
        densities_MK: theirs.
        alpha: weight of the distances, 0 to 1.
        scale: in the unit of the distances.

    Returns:
        s; infinity where the neighbours are too few for the optimum.
    """
    sums_MK = np.cumsum(1 / densities_MK, axis=1)
    rises_MK = sums_MK[:, :-1] * np.diff(distances_MK, axis=1)
    order = np.argsort(sums_MK[:, :-1], axis=None, kind="stable")
    reached = np.cumsum(rises_MK.ravel()[order]) >= (1 - alpha) * len(distances_MK) * scale / alpha
    s = float(sums_MK[:, :-1].ravel()[order[reached.argmax()]]) if reached.any() else math.inf
    # No seed may have to give more than all of its neighbours can take.
    return s if s <= sums_MK[:, -1].min() else math.inf


def probabilities(
    candidates_ND: Array, seeds_MD: Array, alpha: float, scale: float, width: float, num_neighbours: int
) -> NDArray[np.float64]:
    """Return the mass of every candidate, probabilities_N, of sum 1.

    Args:
        candidates_ND: representations.
        seeds_MD: those of the seeds.
        alpha: weight of the distances against the regulariser.
        scale: of the distances; of the order of a typical one.
        width: of the kernel; 0: near-duplicates are not looked for.
        num_neighbours: of each seed that can take mass, at most.

    Raises:
        ValueError: the optimum takes more neighbours than that.
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
    # What of [0, s] lies between the sums of the neighbours before and with this one.
    mass_MK = (np.minimum(sums_MK, s) - np.minimum(before_MK, s)) / (num_seeds * s)
    found_N = np.zeros(num_candidates)
    np.add.at(found_N, near_MK, mass_MK)
    return found_N


def rank(
    ids: Sequence[str], candidates_ND: Array, seed_ids: Sequence[str], seeds_MD: Array, *, alpha: float, scale: float,
    width: float, num_neighbours: int, order: Literal["sample", "probability"], seed: int,
) -> tuple[list[str], dict[str, float]]:  # fmt: skip
    """Return all candidates in order, and the probability of each.

    The paper draws with replacement. A ranking holds each once, so `sample` draws without: candidate j comes at the
    time E_j / p_j, E_j being exponential and of the id and the seed alone (Efraimidis & Spirakis 2006). The first k are
    then a draw of k, and the first k of k + 1. Those without mass follow, by their distance to the nearest seed.

    Args:
        ids: id of each candidate.
        candidates_ND: representations.
        seed_ids: id of each seed.
        seeds_MD: those of the seeds.
        alpha: see `probabilities`, as the next three.
        scale: of distances.
        width: of the kernel.
        num_neighbours: of each seed.
        order: sample, or highest probability first.
        seed: of the draw, and of ties.
    """
    # By id and not by place, so that nothing is rounded or broken by the order in which they come.
    rows = sorted(range(len(ids)), key=lambda row: shuffle_key(seed, ids[row]))
    seed_rows = sorted(range(len(seed_ids)), key=lambda row: shuffle_key(seed, seed_ids[row]))
    ids, candidates_ND, seeds_MD = [ids[row] for row in rows], candidates_ND[rows], seeds_MD[seed_rows]
    found_N = probabilities(candidates_ND, seeds_MD, alpha, scale, width, num_neighbours)
    nearest_N = np.min([cdist(seed_D[None], candidates_ND)[0] for seed_D in seeds_MD], axis=0)

    def key(row: int) -> tuple[bool, float]:
        if not found_N[row]:
            return True, float(nearest_N[row])
        share = (int.from_bytes(shuffle_key(seed, f"draw/{ids[row]}")[:8], "big") + 0.5) * _SHARE
        return False, -math.log(share) / found_N[row] if order == "sample" else -found_N[row]

    ranking = [ids[row] for row in sorted(range(len(ids)), key=key)]
    return ranking, dict(zip(ids, found_N.tolist(), strict=True))
