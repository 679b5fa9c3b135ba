"""LESS: candidates with gradients similar to those of a subtask's seeds (Xia et al. 2024).

Shapes: N candidates, M seeds, C checkpoints, K dimensions of a gradient.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gdig.io.order import ascending

Array = NDArray[np.float32] | NDArray[np.float64]


def targets(
    seeds_MCK: Array, rates_C: Sequence[float], subtasks: Sequence[str], seed_gradients: Literal["each", "mean"]
) -> NDArray[np.float64]:
    """Return, for every subtask J, the vector whose inner product with a candidate's gradients is its influence.

    Inf(z, j) = sum over checkpoints i of  eta_i <phi_i(z), psi_i(j)>, the weights eta_i scaled to a sum of 1.

    Args:
        seeds_MCK: projected gradients of the seeds, at any length.
        rates_C: mean learning rate before each checkpoint.
        subtasks: name of the subtask of every seed.
        seed_gradients: each: psi_i(j) is the mean of the seeds' unit gradients, as in the released code;
            mean: their plain mean, scaled to unit length, as in the paper.

    Returns:
        targets_JCK, subtasks in the order of their names.
    """
    weights_C = np.asarray(rates_C, dtype=np.float64) / np.sum(rates_C)
    names = np.asarray(subtasks)
    gradients_MCK = _unit(seeds_MCK) if seed_gradients == "each" else seeds_MCK.astype(np.float64)
    means_JCK = np.stack([gradients_MCK[names == name].mean(axis=0) for name in sorted(set(subtasks))])
    directions_JCK = means_JCK if seed_gradients == "each" else _unit(means_JCK)
    weighted_JCK: NDArray[np.float64] = directions_JCK * weights_C[:, None]
    return weighted_JCK


def influence(candidates_NCK: Array, targets_JCK: Array) -> NDArray[np.float64]:
    """Return the influence of every candidate on every subtask, influence_JN; higher is better.

    Args:
        candidates_NCK: projected gradients at unit length.
        targets_JCK: from `targets`.
    """
    flat_NX = candidates_NCK.reshape(len(candidates_NCK), -1)
    # No matrix product, which may round equal rows differently and so break ties by position.
    return np.stack([np.einsum("nx,x->n", flat_NX, target_CK.ravel()) for target_CK in targets_JCK])


def rank(scores: Mapping[str, float], seed: int) -> list[str]:
    """Return candidates by descending influence; ties by a seeded permutation."""
    return ascending({i: -score for i, score in scores.items()}, seed)


def _unit(vectors_XCK: Array) -> NDArray[np.float64]:
    vectors_XCK = vectors_XCK.astype(np.float64)
    norms_XC1 = np.linalg.norm(vectors_XCK, axis=-1, keepdims=True)
    unit_XCK: NDArray[np.float64] = vectors_XCK / np.where(norms_XC1 > 0, norms_XC1, 1)
    return unit_XCK
