"""Random selection: the control for all other selectors."""

from collections.abc import Iterable

from gdig.io.order import shuffled


def rank(ids: Iterable[str], seed: int) -> list[str]:
    """Return all candidates in a seeded uniform order."""
    return shuffled(ids, seed)
