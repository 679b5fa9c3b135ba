"""Random subsets of a part of the pool, on each of which a model is retrained."""

from collections.abc import Sequence

from gdig.io.order import shuffled


def draw(ids: Sequence[str], num_pairs: int, num_subsets: int, subset_share: float, seed: int) -> list[list[str]]:
    """Return subsets of `num_pairs` of the ids, each a uniform draw of `subset_share` of them without replacement.

    Raises:
        ValueError: there are fewer ids.
    """
    if num_pairs > len(ids):
        raise ValueError(f"lds.num_pairs = {num_pairs}, but the pool has {len(ids)} pairs; lower it")
    part = shuffled(ids, seed)[:num_pairs]
    size = max(1, round(num_pairs * subset_share))
    # A seed for each subset: strings differ where sums of two seeds would not.
    return [shuffled(part, _seed_of(seed, number))[:size] for number in range(num_subsets)]


def _seed_of(seed: int, number: int) -> int:
    return seed * 1_000_003 + number + 1
