"""Agreement of raters beyond chance."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

Level = Literal["nominal", "ordinal", "interval"]


def krippendorff_alpha(units: Sequence[Sequence[float]], level: Level) -> float | None:
    """Return Krippendorff's alpha: 1 for agreement, 0 for chance; None where no two values differ.

    Args:
        units: the values of each judged thing, of any number of raters; single ones tell nothing.
        level: how far apart two values are: not at all the same, by rank, or by their difference.
    """
    paired = [unit for unit in units if len(unit) > 1]
    values = sorted({value for unit in paired for value in unit})
    place = {value: number for number, value in enumerate(values)}
    coincidences = np.zeros((len(values), len(values)))
    for unit in paired:
        counts = np.bincount([place[value] for value in unit], minlength=len(values)).astype(float)
        coincidences += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    totals = coincidences.sum(axis=1)
    distances = _distances(np.array(values, dtype=float), totals, level)
    expected = float((np.outer(totals, totals) * distances).sum())
    if not expected:
        return None
    return 1 - float((coincidences * distances).sum()) * (float(totals.sum()) - 1) / expected


def _distances(values: NDArray[Any], totals: NDArray[Any], level: Level) -> NDArray[Any]:
    """Return the squared distance of each value to each."""
    if level == "nominal":
        return 1 - np.eye(len(values))
    if level == "ordinal":
        values = np.cumsum(totals) - totals / 2
    differences: NDArray[Any] = values[:, None] - values[None, :]
    squares: NDArray[Any] = differences**2
    return squares


def cohen_kappa(pairs: Sequence[tuple[float, float]], level: Level) -> float | None:
    """Return Cohen's kappa of two raters, with squared weights unless nominal; None where no two values differ."""
    if len({value for pair in pairs for value in pair}) < 2:
        return None
    one, other = zip(*pairs, strict=True)
    return float(cohen_kappa_score(one, other, weights=None if level == "nominal" else "quadratic"))


def agreement(units: Sequence[Mapping[int, float]], level: Level) -> dict[str, Any] | None:
    """Return how far raters agree; None where no two have judged the same.

    Args:
        units: values by rater, of each judged thing.
        level: see `krippendorff_alpha`.

    Returns:
        `units` judged by two or more, `share` of pairs of raters that say the same (mean over units),
        `krippendorff_alpha`, and `cohen_kappa` where there are two raters.
    """
    shared = [unit for unit in units if len(unit) > 1]
    if not shared:
        return None
    raters = sorted({rater for unit in shared for rater in unit})
    shares = [
        np.mean([one == other for one, other in combinations([unit[rater] for rater in sorted(unit)], 2)])
        for unit in shared
    ]
    kappa = cohen_kappa([(unit[raters[0]], unit[raters[1]]) for unit in shared], level) if len(raters) == 2 else None
    return {
        "units": len(shared),
        "raters": len(raters),
        "share": float(np.mean(shares)),
        "cohen_kappa": kappa,
        "krippendorff_alpha": krippendorff_alpha([list(unit.values()) for unit in shared], level),
    }
