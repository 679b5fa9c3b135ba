"""Low response loss under the base model, in the base model's own format: the cheapest control.

It needs no training run and one forward pass over the pool.
"""

from collections.abc import Mapping

from gdig.io.order import ascending


def rank(losses: Mapping[str, float], seed: int) -> list[str]:
    """Return candidates from the lowest loss to the highest; ties fall by a seeded permutation."""
    return ascending(losses, seed)
