"""Replicates to mean and standard deviation, nested by budget."""

import statistics
from collections.abc import Mapping, Sequence


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
