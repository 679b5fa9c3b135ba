"""Seeded orders of ids that do not depend on the order in which the ids arrive."""

import hashlib
import math
from collections.abc import Iterable, Mapping


def shuffle_key(seed: int, item: str) -> bytes:
    """Return a pseudo-random sort key of an id: equal on every machine and for every pool order."""
    return hashlib.blake2b(f"{seed}:{item}".encode(), digest_size=16).digest()


def uniform(seed: int, item: str) -> float:
    """Return a pseudo-random number above 0 and below 1 of an id, as `shuffle_key`."""
    return (int.from_bytes(shuffle_key(seed, item)[:8], "big") + 0.5) * 2.0**-64


def shuffled(ids: Iterable[str], seed: int) -> list[str]:
    """Return the ids in a seeded uniform order."""
    return sorted(ids, key=lambda i: shuffle_key(seed, i))


def require_numbers(scores: Mapping[str, float]) -> None:
    """Raise a ValueError that names a pair whose score is NaN or infinite, the first by id: they have no order."""
    if wrong := [i for i, score in scores.items() if not math.isfinite(score)]:
        i = min(wrong)
        raise ValueError(f"pair {i}: its score is {scores[i]}, which is no number; look at the pair, or leave it out")


def ascending(scores: Mapping[str, float], seed: int) -> list[str]:
    """Return ids from the lowest score to the highest; ties are broken by a seeded permutation.

    Raises:
        ValueError: a score is NaN or infinite; names the pair.
    """
    require_numbers(scores)
    return sorted(scores, key=lambda i: (scores[i], shuffle_key(seed, i)))
