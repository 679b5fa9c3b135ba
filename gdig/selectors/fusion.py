"""Fusion of rankings by the places of their pairs alone: the plain control of a fusion that learns from evidence.

Shapes: R rankings, N candidates.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray


def places(ids: Sequence[str], ranking: Sequence[str]) -> NDArray[np.float64]:
    """Return the relative place of every candidate in a ranking: 1 - (rank - 1/2) / N, above 0 and below 1.

    Candidates that a ranking leaves out, as G-DIG's does all but the survivors, share the mean of the places left.
    """
    num, num_ranked = len(ids), len(ranking)
    place = {i: 1 - (rank - 0.5) / num for rank, i in enumerate(ranking, start=1)}
    left = (num - num_ranked) / (2 * num)
    return np.array([place.get(i, left) for i in ids])


def fuse(
    ids: Sequence[str], rankings: Mapping[str, Sequence[str]], method: Literal["borda", "product"]
) -> dict[str, float]:
    """Return the score of every candidate, higher = better.

    Args:
        ids: of the candidates.
        rankings: by name; of the whole pool or of some of it.
        method: `borda`: mean place, Borda's count divided by N R; `product`: geometric mean of the places, as of
            probabilities that are independent, which a low place in one ranking hurts more.
    """
    places_RN = np.stack([places(ids, ranking) for ranking in rankings.values()])
    scores_N = places_RN.mean(axis=0) if method == "borda" else np.exp(np.log(places_RN).mean(axis=0))
    return dict(zip(ids, scores_N.tolist(), strict=True))
