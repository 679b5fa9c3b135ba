"""Rankings of the candidates with a score below a threshold."""

import logging
from collections.abc import Mapping
from typing import Literal

from gdig.config import Short
from gdig.io.order import ascending

logger = logging.getLogger(__name__)


def rank_below(
    scores: Mapping[str, float],
    *,
    upper: float,
    direction: Literal["high", "low"],
    count: int,
    on_short: Short,
    seed: int,
    name: str,
) -> list[str]:
    """Return the candidates with a score below `upper`, the highest (or lowest) first.

    If there are fewer than `count`, `on_short` "relax" appends candidates above the threshold, lowest first, and logs a
    warning.

    Args:
        scores: scores of all candidates.
        upper: threshold; scores must be below it.
        direction: which end comes first.
        count: required candidates: the largest budget.
        on_short: action if there are fewer.
        seed: breaks ties.
        name: name of the selector, for messages.

    Raises:
        ValueError: there are fewer than `count` and `on_short` is "error", or fewer candidates in total.
    """
    sign = -1 if direction == "high" else 1
    ranking = ascending({i: sign * score for i, score in scores.items() if score < upper}, seed)
    logger.info("%s: %d of %d candidates have a score below %g", name, len(ranking), len(scores), upper)
    lacking = count - len(ranking)
    if lacking <= 0:
        return ranking
    if on_short == "error":
        raise ValueError(
            f"{name}: {len(ranking)} of {len(scores)} candidates have a score below rank_{name}.upper = {upper:g}, "
            f"fewer than the largest budget {count}; raise it, lower budgets, or set rank_{name}.on_short to relax"
        )
    others = ascending({i: score for i, score in scores.items() if score >= upper}, seed)[:lacking]
    if len(others) < lacking:
        raise ValueError(f"{name}: the pool has {len(scores)} candidates, fewer than the largest budget {count}")
    logger.warning("%s: for the largest budget, %d candidates above the threshold are added, up to a score of %g",
                   name, len(others), scores[others[-1]])  # fmt: skip
    return ranking + others
