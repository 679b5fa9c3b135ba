"""Number of rows that each source contributes to each part."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from gdig.config import Source


def apportion(sources: Sequence[Source], sizes: dict[str, int]) -> dict[str, dict[str, int]]:
    """Return the number of rows per source name and part name, parts in the order of `sizes`.

    Sources with `rows` contribute exactly that many; the other sources share the rest by weight. Every part has the
    same mixture; the largest-remainder method makes all sums exact. If all sources have weights, the counts of the
    earlier parts do not depend on the size of the last part.

    Raises:
        ValueError: `rows` exceed what the parts need, or fall short of it and no source has a weight; a source would
            contribute no row.
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
    """Return integers proportional to the shares that sum to `size` (largest remainders; ties go to the first)."""
    exact = [share * size / sum(shares) for share in shares]
    counts = [min(floor(value), most) for value, most in zip(exact, at_most, strict=True)]
    while sum(counts) < size:
        free = (index for index, count in enumerate(counts) if count < at_most[index])
        counts[max(free, key=lambda index: (exact[index] - counts[index], -index))] += 1
    return counts
