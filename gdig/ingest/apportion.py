"""How many rows each source gives to each part."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from gdig.config import Source


def apportion(sources: Sequence[Source], sizes: dict[str, int]) -> dict[str, dict[str, int]]:
    """Return how many rows each source (by name) gives to each part (by name, in the order of `sizes`).

    Sources with `rows` give so many in all, the others share what is left by weight. Every part is mixed in the same
    proportions; largest remainders make all sums exact. Where all sources have weights, what the earlier parts get
    does not depend on the size of the last.

    Raises:
        ValueError: `rows` that are more than the parts need, or fewer where no source has a weight; a source that
            would give nothing.
    """
    total = sum(sizes.values())
    fixed = sum(source.rows or 0 for source in sources)
    weights = [Fraction(str(source.weight or 0)) for source in sources]
    needed = " + ".join(str(size) for size in sizes.values())
    if fixed > total or (fixed < total and not any(weights)):
        raise ValueError(
            f"pool.sources give {fixed} rows, but {' + '.join(sizes)} = {needed} = {total} are needed; change `rows`, "
            f"or give one source a weight instead"
        )
    shares = [
        Fraction(source.rows or 0) + (weight * (total - fixed) / sum(weights) if weight else 0)
        for source, weight in zip(sources, weights, strict=True)
    ]
    left = _divide(shares, total, [total] * len(sources))
    for source, quota in zip(sources, left, strict=True):
        if not quota:
            raise ValueError(
                f"source {source.name!r} with weight {source.weight} gives none of {total} rows; raise it or remove "
                f"the source"
            )
    given: dict[str, dict[str, int]] = {source.name: {} for source in sources}
    for number, (part, size) in enumerate(sizes.items(), start=1):
        counts = left if number == len(sizes) else _divide(shares, size, left)
        left = [before - count for before, count in zip(left, counts, strict=True)]
        for source, count in zip(sources, counts, strict=True):
            given[source.name][part] = count
    return given


def _divide(shares: Sequence[Fraction], size: int, at_most: Sequence[int]) -> list[int]:
    """Return whole numbers in proportion to the shares that sum to `size`: largest remainders, the first of equals."""
    exact = [share * size / sum(shares) for share in shares]
    counts = [min(floor(value), most) for value, most in zip(exact, at_most, strict=True)]
    while sum(counts) < size:
        free = (index for index, count in enumerate(counts) if count < at_most[index])
        counts[max(free, key=lambda index: (exact[index] - counts[index], -index))] += 1
    return counts
