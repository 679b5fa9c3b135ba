"""Chance-corrected agreement of raters."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

Level = Literal["nominal", "ordinal", "interval"]


def krippendorff_alpha(units: Sequence[Sequence[float]], level: Level) -> float | None:
    """Return Krippendorff's alpha: 1 for agreement, 0 for chance; None if all values are equal.

    Args:
        units: values of each unit by any number of raters; units with a single value are ignored.
        level: level of measurement, which defines the distance: nominal, ordinal (ranks) or interval (difference).
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
    """Return the squared distances between all values."""
    if level == "nominal":
        return 1 - np.eye(len(values))
    if level == "ordinal":
        values = np.cumsum(totals) - totals / 2
    differences: NDArray[Any] = values[:, None] - values[None, :]
    squares: NDArray[Any] = differences**2
    return squares


def cohen_kappa(pairs: Sequence[tuple[float, float]], level: Level) -> float | None:
    """Return Cohen's kappa of two raters, with squared weights unless nominal; None if all values are equal."""
    if len({value for pair in pairs for value in pair}) < 2:
        return None
    one, other = zip(*pairs, strict=True)
    return float(cohen_kappa_score(one, other, weights=None if level == "nominal" else "quadratic"))


def agreement(units: Sequence[Mapping[int, float]], level: Level) -> dict[str, Any] | None:
    """Return the agreement of raters; None if no unit has two ratings.

    Args:
        units: values by rater for each unit.
        level: see `krippendorff_alpha`.

    Returns:
        `units` with two or more ratings, `share` of agreeing pairs of raters (mean over units), `krippendorff_alpha`,
        and `cohen_kappa` for two raters.
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
