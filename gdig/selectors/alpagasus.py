"""AlpaGasus: the candidates with the highest ratings by an LLM judge (Chen et al. 2024)."""

from collections.abc import Mapping

from gdig.io.order import ascending


def rank(ratings: Mapping[str, float | None], threshold: float | None, seed: int) -> list[str]:
    """Return candidates from the highest rating to the lowest, those without one last.

    Args:
        ratings: rating of each candidate, 0 to 5; None if the judge gave none.
        threshold: minimum rating (AlpaGasus: 4.5), or None.
        seed: breaks ties, which are frequent on a coarse scale.

    Raises:
        ValueError: no candidate reaches the threshold.
    """
    taken = {i: rating for i, rating in ratings.items() if threshold is None or score(rating) >= threshold}
    if not taken:
        raise ValueError(f"rank_alpagasus.threshold = {threshold}: no candidate is rated that high; lower it")
    return ascending({i: -score(rating) for i, rating in taken.items()}, seed)


def score(rating: float | None) -> float:
    """Return the rating; -1, below all others, if there is none."""
    return -1.0 if rating is None else rating
