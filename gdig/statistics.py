"""Replicates to mean and standard deviation, nested by budget."""

import statistics
from collections.abc import Mapping, Sequence


def budget_key(budget: int) -> str:
    """Return the metric key of a budget, padded so that keys sort by size: 64 -> 'b0064'."""
    return f"b{budget:04d}"


def summarise(replicates: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Return mean and sample standard deviation (0 for a single replicate) of every key."""
    result = {}
    for key in replicates[0]:
        values = [replicate[key] for replicate in replicates]
        result[key] = {
            "mean": statistics.fmean(values),
            "sd": statistics.stdev(values) if len(values) > 1 else 0.0,
        }
    return result
