"""DEITA: complex sources with good translations, filtered by similarity (Liu et al. 2024).

Shapes: N points, D dimensions, K points kept, B points of a block.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.config import Preset
from gdig.io.order import ascending, shuffled
from gdig.run.progress import track

BLOCK = 256
"""Candidates per block of similarities to all kept points."""
UNREADABLE = 3.0
"""Score that DEITA's code gives where it finds none in the scorer's output."""
ROUNDING = 1e-9
"""Tolerance of `tau` for the rounding of sums in another order."""


def evol_scores(judged: Mapping[str, tuple[float | None, float | None]], preset: Preset = "own") -> dict[str, float]:
    """Return complexity x quality of each candidate.

    Args:
        judged: both numbers of each candidate, 1 to 6; None where the judge gave none.
        preset: own: a candidate that lacks a number has 0, below all others. published: a missing number counts 3.0.
    """
    if preset == "published":
        return {i: math.prod(UNREADABLE if number is None else number for number in both) for i, both in judged.items()}
    return {
        i: 0.0 if complexity is None or quality is None else complexity * quality
        for i, (complexity, quality) in judged.items()
    }


def calibrated_tau(
    ids: Sequence[str], points_ND: NDArray[np.float32], quantile: float, num_sample: int, seed: int
) -> float:
    """Return the quantile of the cosine similarity of a candidate to its nearest neighbour in the pool.

    Args:
        ids: id of each point.
        points_ND: their nonzero embeddings, at least two.
        quantile: share of candidates whose nearest neighbour is less similar than the returned value.
        num_sample: candidates to sample; all if there are fewer.
        seed: seed of the sample, which does not depend on the order of the points.
    """
    row_of = {i: row for row, i in enumerate(ids)}
    unit_ND = _unit(points_ND)
    nearest = []
    for candidate in shuffled(ids, seed)[:num_sample]:
        row = row_of[candidate]
        similarities_N = unit_ND @ unit_ND[row]
        similarities_N[row] = -np.inf
        nearest.append(float(similarities_N.max()))
    return float(np.quantile(nearest, quantile))


def rank(
    scores: Mapping[str, float], ids: Sequence[str], points_ND: NDArray[np.float32], tau: float, count: int, seed: int
) -> tuple[list[str], int]:
    """Return `count` candidates, and how many of them passed the filter: those come first, by descending score.

    Candidates are visited by descending score. One is skipped if its cosine similarity to a selected one exceeds `tau`,
    as in DEITA's code; it is not part of DEITA's set. If fewer than `count` are selected, the skipped ones follow by
    descending score, so that every budget is filled.

    Args:
        scores: score of each candidate.
        ids: id of each point; the ids of `scores`, in any order.
        points_ND: their nonzero embeddings.
        tau: maximum similarity to a selected candidate.
        count: maximum length of the ranking.
        seed: breaks ties.
    """
    order = ascending({i: -score for i, score in scores.items()}, seed)
    row_of = {i: row for row, i in enumerate(ids)}
    unit_ND = _unit(points_ND[[row_of[i] for i in order]])
    kept_KD = np.empty((min(count, len(order)), unit_ND.shape[1]), dtype=unit_ND.dtype)
    taken: list[str] = []
    passed_over: list[str] = []
    starts = range(0, len(order), BLOCK)
    for start in track(starts, total=len(starts), label="deita", unit="blocks"):
        block_BD = unit_ND[start : start + BLOCK]
        before = len(taken)
        nearest_B = (block_BD @ kept_KD[:before].T).max(axis=1, initial=-np.inf)
        within_BB = block_BD @ block_BD.T
        rows_taken: list[int] = []
        for row, candidate in enumerate(order[start : start + BLOCK]):
            if len(taken) == count:
                return taken, count
            if max(nearest_B[row], within_BB[row, rows_taken].max(initial=-np.inf)) > tau + ROUNDING:
                passed_over.append(candidate)
            else:
                kept_KD[len(taken)] = block_BD[row]
                rows_taken.append(row)
                taken.append(candidate)
    return [*taken, *passed_over][:count], len(taken)


def _unit(points_ND: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return points at unit length, in float64, so that float32 rounding does not separate equal points."""
    wide_ND = points_ND.astype(np.float64)
    unit: NDArray[np.float64] = wide_ND / np.linalg.norm(wide_ND, axis=1, keepdims=True)
    return unit
