"""Golden score: share of anchors that a pair helps as the single demonstration (Li et al. 2024, Nuggets)."""

from collections.abc import Mapping, Sequence

from gdig.io.order import shuffle_key


def scores(gains: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return GS(z), the share of anchors whose answer becomes more likely after z.

    Args:
        gains: for each candidate, by anchor, the gain in mean log-likelihood of the anchor's answer.
    """
    return {i: sum(gain > 0 for gain in row) / len(row) for i, row in gains.items()}


def rank(gains: Mapping[str, Sequence[float]], seed: int) -> list[str]:
    """Return candidates from the highest GS to the lowest.

    GS has as many steps as anchors, so ties are frequent: they are broken by the mean gain, then by a seeded
    permutation.
    """
    golden = scores(gains)
    mean = {i: sum(row) / len(row) for i, row in gains.items()}
    return sorted(gains, key=lambda i: (-golden[i], -mean[i], shuffle_key(seed, i)))
