"""Good and diverse points: greedy MAP inference of a determinantal point process.

Shapes: N points, D dimensions.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.io.order import shuffle_key
from gdig.run.progress import track

DIGITS = 9
"""Decimals of a gain, as in facility_location, so that the summation order cannot break ties."""


def determinantal(
    ids: Sequence[str],
    points_ND: NDArray[np.float32],
    log_quality_N: NDArray[np.float64],
    count: int,
    *,
    ridge: float,
    seed: int,
) -> list[str]:
    """Return `count` ids, each the one that raises log det L_S most; smaller selections are prefixes of larger ones.

    L = diag(q) (X X' + ridge I) diag(q) with X the points at unit length and q their quality, the quality-diversity
    decomposition of Kulesza and Taskar (2012, section 3.1); greedy as Chen et al. (2018). Since log det splits into a
    sum over points and the volume they span, a point's gain is

        2 log q_i + log(1 + x_i' A^-1 x_i),    A = ridge I + sum of x x' over the points taken,

    which is also the gain of regularised D-optimal design: the information beyond the points taken. A^-1 x is
    maintained by rank-one updates, so a step costs N D products and one number per point; the usual method stores
    `count` numbers per point.

    Args:
        ids: id of each point.
        points_ND: the points; a zero point counts by its quality only.
        log_quality_N: log q of each point, higher is better.
        count: at most N.
        ridge: positive; the smaller, the more the first points along each direction count.
        seed: breaks ties, by a permutation that does not depend on the order of the points.
    """
    assert count <= len(ids)
    rows = np.array(sorted(range(len(ids)), key=lambda row: shuffle_key(seed, ids[row])), dtype=np.int64)
    points = points_ND[rows].astype(np.float64)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    points /= np.where(lengths == 0, 1.0, lengths)
    inverse_DD = np.eye(points.shape[1]) / ridge
    novelty_N = np.einsum("nd,nd->n", points, points) / ridge
    taken_N = np.zeros(len(ids), dtype=bool)
    picks: list[str] = []
    for _ in track(range(count), total=count, label="determinantal", unit="points"):
        gains = np.round(2 * log_quality_N[rows] + np.log1p(novelty_N.clip(min=0)), DIGITS)
        gains[taken_N] = -np.inf
        pick = int(gains.argmax())
        taken_N[pick] = True
        picks.append(ids[rows[pick]])
        seen_D = inverse_DD @ points[pick]
        scale = 1 + points[pick] @ seen_D
        inverse_DD -= np.outer(seen_D, seen_D) / scale
        novelty_N -= (points @ seen_D) ** 2 / scale
    return picks
