"""IFD by perplexities of a small model without extra training (Li et al. 2024, Superfiltering).

Shapes: N points, D dimensions.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.config import Preset, Short
from gdig.io.ranking import rank_below
from gdig.selectors.superfiltering.facility_location import cosine, exponential, facility_location

_SIMILARITIES = {"own": cosine, "published": exponential}


def scores(losses: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Return IFD(z) = PPL(y | q) / PPL(y): the exponential of the difference of the mean losses.

    Args:
        losses: for each candidate, the mean loss of the response with and without the prompt.
    """
    # Clip, since exp overflows; no threshold is that large.
    return {i: math.exp(min(given - alone, 700.0)) for i, (given, alone) in losses.items()}


def rank(ifd: Mapping[str, float], upper: float, count: int, on_short: Short, seed: int) -> list[str]:
    """Return the candidates with IFD below `upper`, the highest first; see `threshold_ranking`."""
    return rank_below(
        ifd, upper=upper, direction="high", count=count, on_short=on_short, seed=seed, name="superfiltering"
    )


def rank_diverse(
    ranking: Sequence[str],
    top: int,
    ids: Sequence[str],
    points_ND: NDArray[np.float32],
    count: int,
    seed: int,
    preset: Preset,
) -> list[str]:
    """Return `count` of the first `top` of a ranking, by facility location among these (Superfiltering.D).

    Args:
        ranking: ranking from `rank`.
        top: number of candidates to select from.
        ids: id of each point; includes those of `ranking`.
        points_ND: their embeddings.
        count: length of the new ranking.
        seed: breaks ties.
        preset: own: similarity is 1 + cosine. published: exp(-distance / D).

    Raises:
        ValueError: `top` is less than `count`.
    """
    candidates = ranking[:top]
    if len(candidates) < count:
        raise ValueError(
            f"superfiltering: facility location may choose from {len(candidates)} candidates, fewer than the largest "
            f"budget {count}; raise rank_superfiltering.top_share, or lower budgets"
        )
    row_of = {i: row for row, i in enumerate(ids)}
    return facility_location(candidates, points_ND[[row_of[i] for i in candidates]], count, seed, _SIMILARITIES[preset])
