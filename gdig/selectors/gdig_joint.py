"""Joint G-DIG: of the pairs that are likely sound, those that are good and teach unlike things, chosen together."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.io.order import ascending
from gdig.selection.determinantal import determinantal


def rank(
    probability: Mapping[str, float],
    quality: Mapping[str, float],
    ease: Mapping[str, float],
    ids: Sequence[str],
    gradients_ND: NDArray[np.float32],
    *,
    count: int,
    min_probability: float,
    quality_weight: float,
    ease_weight: float,
    ridge: float,
    seed: int,
) -> list[str]:
    """Return `count` candidates, each the best beside those before it, so that every prefix is a choice of its own.

    Args:
        probability: of being sound, of each candidate.
        quality: of each, higher is better.
        ease: of each, higher is easier: what counts beside quality the more, the fewer likely sound pairs are left.
        ids: of the gradients.
        gradients_ND: projected gradients of N candidates, of which the direction counts.
        count: how many; all candidates where there are fewer.
        min_probability: of those that are chosen so. Where they are fewer than `count`, the others follow behind them,
            the likeliest first.
        quality_weight: of quality against diversity.
        ease_weight: of ease against quality, times the pairs taken for each likely sound one that is left: little as
            long as the best of many are looked for; all at the end, where a budget takes nearly everything that is
            likely sound, and the last ones are noise after all or hard.
        ridge: see `gdig.selection.determinantal`.
        seed: breaks ties.
    """
    rows = [row for row, i in enumerate(ids) if probability[i] >= min_probability]
    names = [ids[row] for row in rows]
    quality_L, ease_L = (quality_weight * np.array([values[i] for i in names]) for values in (quality, ease))

    def log_quality(taken: int) -> NDArray[np.float64]:
        scarcity = taken / (len(names) - taken)
        return np.asarray(quality_L + ease_weight * scarcity * ease_L)

    ranking = determinantal(names, gradients_ND[rows], log_quality, min(count, len(names)), ridge=ridge, seed=seed)
    rest = ascending({i: -probability[i] for i in ids if probability[i] < min_probability}, seed)
    return ranking + rest[: count - len(ranking)]
