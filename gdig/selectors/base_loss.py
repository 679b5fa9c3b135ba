"""Low response loss under the base model, in the base model's own format: the cheapest control.

It needs no training, and one forward pass over the pool.
"""

from collections.abc import Mapping

from gdig.io.order import ascending


def rank(losses: Mapping[str, float], seed: int) -> list[str]:
    """Return candidates by ascending loss; ties by a seeded permutation."""
    return ascending(losses, seed)
