"""G-DIG without diversity: the survivors of the quality rule alone."""

from collections.abc import Mapping
from typing import Literal

from gdig.io.order import ascending, shuffled


def rank(mean_influence: Mapping[str, float], order: Literal["mean_influence", "random"], seed: int) -> list[str]:
    """Return survivors from the most helpful on average (lowest influence), or in a seeded uniform order."""
    return ascending(mean_influence, seed) if order == "mean_influence" else shuffled(mean_influence, seed)
