"""Joint G-DIG: soundness and diversity optimised together over the pairs that are probably clean."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.io.order import ascending
from gdig.selectors.gdig_joint.determinantal import determinantal

logger = logging.getLogger(__name__)

_LEAST = 1e-12
"""Probability of which a logarithm is taken at least, since that of a candidate may be 0."""


def rank(
    probability: Mapping[str, float],
    ids: Sequence[str],
    gradients_ND: NDArray[np.float32],
    *,
    count: int,
    min_probability: float,
    weight: float,
    ridge: float,
    seed: int,
) -> list[str]:
    """Return `count` candidates, each the best given those before it, so that every prefix is its own selection.

    Args:
        probability: probability that each candidate is clean.
        ids: ids of the gradients.
        gradients_ND: projected gradients of N candidates; only their direction counts.
        count: number of candidates; all if there are fewer.
        min_probability: minimum probability of the candidates selected this way. If they are fewer than `count`, the
            others follow in order of probability, and a warning is logged.
        weight: power of the probability, as quality of a candidate; the larger, the more it counts against diversity.
        ridge: see `gdig.selectors.gdig_joint.determinantal`.
        seed: breaks ties.
    """
    rows = [row for row, i in enumerate(ids) if probability[i] >= min_probability]
    if len(rows) < count:
        logger.warning(
            "rank_gdig_joint: %d pairs are sound with probability %s or more, fewer than the largest budget %d; the "
            "likeliest others follow behind them", len(rows), min_probability, count,
        )  # fmt: skip
    names = [ids[row] for row in rows]
    log_quality_L = weight * np.log(np.maximum([probability[i] for i in names], _LEAST))
    ranking = determinantal(names, gradients_ND[rows], log_quality_L, min(count, len(names)), ridge=ridge, seed=seed)
    rest = ascending({i: -probability[i] for i in ids if probability[i] < min_probability}, seed)
    return ranking + rest[: count - len(ranking)]
