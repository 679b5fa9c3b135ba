"""Replicates to mean and standard deviation, nested by budget; intervals of resampled values."""

import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def budget_key(budget: int) -> str:
    """Return the metric key of a budget, padded to four digits: 64 -> 'b0064', 64000 -> 'b64000'.

    Keys of more digits do not sort by size, and nothing relies on that: a width that followed the budgets would rename
    all keys with a larger one, and metrics of before could not be compared with those after.
    """
    return f"b{budget:04d}"


def summarise(replicates: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float | None]]:
    """Return mean and sample standard deviation (None of a single replicate) of every key."""
    result: dict[str, dict[str, float | None]] = {}
    for key in replicates[0]:
        values = [replicate[key] for replicate in replicates]
        result[key] = {
            "mean": statistics.fmean(values),
            "sd": statistics.stdev(values) if len(values) > 1 else None,
        }
    return result


def percentile_interval(samples: "NDArray[Any] | Sequence[Any]", confidence: float) -> tuple[float, float]:
    """Return the ends of the percentile bootstrap interval of resampled values, which leaves out equal tails."""
    # NumPy would double the start-up of stages that only summarise.
    import numpy as np

    tail = (1 - confidence) / 2
    low, high = np.quantile(samples, [tail, 1 - tail])
    return float(low), float(high)
