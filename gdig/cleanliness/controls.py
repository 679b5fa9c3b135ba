"""Pairs of which it is known whether they are sound: the seeds, and corrupted copies of them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.config import Controls, Noise
from gdig.data.noise import CLEAN, plant
from gdig.records import Pair

SEPARATOR = "~"


def corrupted(seeds: Sequence[Pair], pool: Sequence[Pair], settings: Controls) -> tuple[list[Pair], dict[str, str]]:
    """Return the seeds and `settings.copies` corrupted copies of each, with the kind of each id.

    Where a corruption needs another pair's target, the pool gives it: a target of another seed would be known too well
    to the gradients of that seed.
    """
    pairs, kinds = list(seeds), dict.fromkeys((seed.id for seed in seeds), CLEAN)
    for copy in range(settings.copies):
        renamed = [Pair(f"{seed.id}{SEPARATOR}{copy}", seed.src, seed.trg) for seed in seeds]
        noise = Noise(rate=1.0, kinds=settings.kinds, seed=settings.seed)
        noisy, own = plant(renamed, noise, pool)
        # A target of one word can be left as it is by every kind.
        pairs += [pair for pair in noisy if own[pair.id] != CLEAN]
        kinds |= {i: kind for i, kind in own.items() if kind != CLEAN}
    return pairs, kinds


def others(ids: Sequence[str], seed_ids: Sequence[str]) -> NDArray[np.bool_]:
    """Return mask_CM: for each of C controls the seeds that it is not made of, on which alone it is judged."""
    of_C = np.array([i.split(SEPARATOR)[0] for i in ids])
    return np.asarray(of_C[:, None] != np.array(seed_ids)[None, :])
