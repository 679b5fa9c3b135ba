"""The whole pool: the reference for what a budget saves or costs."""

from collections.abc import Iterable

from gdig.io.order import shuffled


def rank(ids: Iterable[str], seed: int) -> list[str]:
    """Return all candidates; the order only fixes the file."""
    return shuffled(ids, seed)
