"""Low response loss under the warm-up model: a cheap control for influence.

A model trained on a noisy pool fits regular pairs first, so noise keeps a high loss.
"""

from collections.abc import Mapping

from gdig.io.order import ascending


def rank(losses: Mapping[str, float], seed: int) -> list[str]:
    """Return candidates by ascending loss; ties by a seeded permutation."""
    return ascending(losses, seed)
