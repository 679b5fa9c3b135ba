"""Joint G-DIG: quality and diversity optimised together over the pairs that are probably clean."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.io.order import ascending
from gdig.selectors.gdig_joint.determinantal import determinantal


def rank(
    probability: Mapping[str, float],
    quality: Mapping[str, float],
    base_loss_rank: Mapping[str, float],
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
    """Return `count` candidates, each the best given those before it, so that every prefix is its own selection.

    Args:
        probability: probability that each candidate is clean.
        quality: quality of each candidate; higher is better.
        base_loss_rank: rank of each candidate by base-model loss; higher is easier. Its weight grows as fewer probably
            clean pairs are left.
        ids: ids of the gradients.
        gradients_ND: projected gradients of N candidates; only their direction counts.
        count: number of candidates; all if there are fewer.
        min_probability: minimum probability of the candidates selected this way. If they are fewer than `count`, the
            others follow in order of probability.
        quality_weight: weight of quality against diversity.
        ease_weight: weight of `base_loss_rank` against quality, times (pairs taken) / (probably clean pairs left):
            small while there are many to choose from; dominant at the end, where the remaining pairs are noise or hard.
        ridge: see `gdig.selectors.gdig_joint.determinantal`.
        seed: breaks ties.
    """
    rows = [row for row, i in enumerate(ids) if probability[i] >= min_probability]
    names = [ids[row] for row in rows]
    quality_L, base_loss_rank_L = (
        quality_weight * np.array([values[i] for i in names]) for values in (quality, base_loss_rank)
    )

    def log_quality(taken: int) -> NDArray[np.float64]:
        scarcity = taken / (len(names) - taken)
        return np.asarray(quality_L + ease_weight * scarcity * base_loss_rank_L)

    ranking = determinantal(names, gradients_ND[rows], log_quality, min(count, len(names)), ridge=ridge, seed=seed)
    rest = ascending({i: -probability[i] for i in ids if probability[i] < min_probability}, seed)
    return ranking + rest[: count - len(ranking)]
