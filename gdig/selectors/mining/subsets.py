"""Subsets of the pool with different indicator values, for finetuning runs that measure their effect."""

from collections.abc import Mapping, Sequence

from gdig.io.order import ascending, shuffle_key
from gdig.selectors.mining.columns import Column


def sample_subsets(
    columns: Mapping[str, Column], indicators: Sequence[str], num_bins: int, num_random: int, size: int, seed: int
) -> dict[str, list[str]]:
    """Return a subset of each bin of each indicator, and random ones, independent of the order of the pool.

    The pool, sorted by an indicator (ties by a seeded permutation), is split into bins whose sizes differ by at most
    one; `size` pairs are sampled from each bin, and from the whole pool for each random subset. Cao et al. 2023 also
    split by quantiles.

    Returns:
        ids by subset name: `<indicator>-<bin>`, bins from 1 (lowest) up, or `random-<number>`.

    Raises:
        ValueError: a bin has fewer pairs than a subset.
    """
    pool = list(columns[indicators[0]])
    smallest = len(pool) // num_bins
    if smallest < size:
        raise ValueError(
            f"regression.subset_size = {size}, but a bin of {len(pool)} candidates in num_bins = {num_bins} holds "
            f"{smallest}; lower one of the two"
        )
    parts: dict[str, list[str]] = {}
    for indicator in indicators:
        order = ascending(columns[indicator], seed)
        edges = [len(order) * edge // num_bins for edge in range(num_bins + 1)]
        parts |= {f"{indicator}-{number + 1}": order[edges[number] : edges[number + 1]] for number in range(num_bins)}
    parts |= {f"random-{number + 1}": pool for number in range(num_random)}

    # Each subset has its own permutation; with a shared one, overlapping parts would select the same pairs.
    def drawn(name: str) -> list[str]:
        return sorted(parts[name], key=lambda i: shuffle_key(seed, f"{name}/{i}"))[:size]

    return {name: drawn(name) for name in parts}
