"""Joint G-DIG: of the pairs that are likely sound, those that are good and teach unlike things, chosen together."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.determinantal import determinantal


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
        min_probability: candidates that are less likely sound are left out, as long as `count` are left; where they
            are not, the likeliest of them fill up.
        quality_weight: of quality against diversity.
        ridge: see `gdig.determinantal`.
        seed: breaks ties.
    """
    count = min(count, len(ids))
    likely = sorted(ids, key=lambda i: (-probability[i], i))
    num_likely = sum(probability[i] >= min_probability for i in ids)
    kept = set(likely[: max(num_likely, count)])
    rows = [row for row, i in enumerate(ids) if i in kept]
    names = [ids[row] for row in rows]
    return determinantal(
        names,
        gradients_ND[rows],
        np.array([quality[i] for i in names]),
        count,
        quality_weight=quality_weight,
        ridge=ridge,
        seed=seed,
    )
