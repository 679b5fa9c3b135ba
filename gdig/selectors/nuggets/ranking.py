"""Golden score: on how many anchors a pair helps as the one demonstration (Li et al. 2024, Nuggets)."""

from collections.abc import Mapping, Sequence

from gdig.io.order import shuffle_key


def scores(gains: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return GS(z), the share of anchors whose answer becomes likelier with z in front.

    Args:
        gains: of each candidate, by anchor, how much the mean log-likelihood of the anchor's answer rises.
    """
    return {i: sum(gain > 0 for gain in row) / len(row) for i, row in gains.items()}


def rank(gains: Mapping[str, Sequence[float]], seed: int) -> list[str]:
    """Return candidates from the highest GS to the lowest.

    GS has one step an anchor, so that most candidates have their like: of those the higher mean gain comes first, and
    then a seeded permutation decides.
    """
    golden = scores(gains)
    mean = {i: sum(row) / len(row) for i, row in gains.items()}
    return sorted(gains, key=lambda i: (-golden[i], -mean[i], shuffle_key(seed, i)))
