"""Joint G-DIG: of the pairs that are likely sound, those that are good and teach unlike things, chosen together."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.determinantal import determinantal
from gdig.order import ascending


def rank(
    probability: Mapping[str, float],
    quality: Mapping[str, float],
    ids: Sequence[str],
    gradients_ND: NDArray[np.float32],
    *,
    count: int,
    min_probability: float,
    quality_weight: float,
    ridge: float,
    seed: int,
) -> list[str]:
    """Return `count` candidates, each the best beside those before it, so that every prefix is a choice of its own.

    Args:
        probability: of being sound, of each candidate.
        quality: of each, higher is better.
        ids: of the gradients.
        gradients_ND: projected gradients of N candidates, of which the direction counts.
        count: how many; all candidates where there are fewer.
        min_probability: of those that are chosen so. Where they are fewer than `count`, the others follow behind them,
            the likeliest first.
        quality_weight: of quality against diversity.
        ridge: see `gdig.determinantal`.
        seed: breaks ties.
    """
    rows = [row for row, i in enumerate(ids) if probability[i] >= min_probability]
    names = [ids[row] for row in rows]
    ranking = determinantal(
        names,
        gradients_ND[rows],
        np.array([quality[i] for i in names]),
        min(count, len(names)),
        quality_weight=quality_weight,
        ridge=ridge,
        seed=seed,
    )
    rest = ascending({i: -probability[i] for i in ids if probability[i] < min_probability}, seed)
    return ranking + rest[: count - len(ranking)]
