"""Random selection: the control that every claim is measured against."""

from collections.abc import Iterable

from gdig.io.order import shuffled


def rank(ids: Iterable[str], seed: int) -> list[str]:
    """Return all candidates in a seeded uniform order."""
    return shuffled(ids, seed)
