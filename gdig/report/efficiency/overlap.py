"""Overlap of rankings: the pairs that two of them select, and the order that they give to the pool.

Shapes: S rankings, N candidates.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Positions = NDArray[np.int64]
"""Positions in the pool of the candidates that a ranking holds, in its order."""


def jaccard(one: Positions, other: Positions, budget: int) -> float:
    """Return the pairs that two subsets share over those that are in either."""
    first, second = one[:budget], other[:budget]
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)


def by_chance(budget: int, num_candidates: int) -> float:
    """Return the approximate Jaccard index of two random subsets: k / (2 N - k)."""
    return budget / (2 * num_candidates - budget)


def jaccards(rankings: Sequence[Positions], budget: int) -> NDArray[np.float64]:
    """Return the Jaccard index of each two subsets, (S, S)."""
    result = np.ones((len(rankings), len(rankings)))
    for row, one in enumerate(rankings):
        for column in range(row):
            result[row, column] = result[column, row] = jaccard(one, rankings[column], budget)
    return result


def rank_correlations(rankings: Sequence[Positions], num_candidates: int) -> NDArray[np.float64]:
    """Return Spearman's rank correlation of each two rankings over the whole pool, (S, S).

    Candidates that a ranking leaves out share the mean of the ranks that are left.
    """
    rank_SN = np.empty((len(rankings), num_candidates))
    for row, ranking in zip(rank_SN, rankings, strict=True):
        row[:] = len(ranking)
        row[ranking] = np.arange(len(ranking))
        row[:] = rankdata(row)
    correlation_SS: NDArray[np.float64] = np.atleast_2d(np.corrcoef(rank_SN))
    return correlation_SS
