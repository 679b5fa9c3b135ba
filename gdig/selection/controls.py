"""Pairs of which it is known whether they are sound: the seeds, and corrupted copies of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdig.config import Controls, Noise
from gdig.ingest.noise import plant
from gdig.io.records import CLEAN, Pair

MIN_SEEDS = 2
"""With corrupted copies: each is judged by the other seeds, and by a fit to controls of other seeds."""


@dataclass(frozen=True, slots=True)
class Control:
    """A pair, and what is known of it."""

    pair: Pair
    kind: str
    """Of its noise; `clean` of a seed."""
    seed: str
    """Id of the seed that it is made of, its own of a seed."""


def make_controls(seeds: Sequence[Pair], pool: Sequence[Pair], settings: Controls) -> list[Control]:
    """Return the seeds, and behind them up to `settings.copies` corrupted copies of each.

    Where a corruption needs another pair's target, the pool gives it: a target of another seed would be known too well
    to the gradients of that seed. A copy that no corruption changes is left out, and so is one like another.

    Raises:
        ValueError: corruption changes fewer than MIN_SEEDS seeds; names the keys.
    """
    controls = [Control(seed, CLEAN, seed.id) for seed in seeds]
    separator = "~"
    while any(separator in seed.id for seed in seeds):
        separator += "~"
    seen = {(seed.id, seed.trg) for seed in seeds}
    noise = Noise(rate=1.0, kinds=settings.kinds, seed=settings.seed)
    for copy in range(settings.copies):
        renamed = [Pair(f"{seed.id}{separator}{copy}", seed.src, seed.trg) for seed in seeds]
        noisy, kinds = plant(renamed, noise, pool)
        for seed, pair in zip(seeds, noisy, strict=True):
            # A target of one word can be left as it is by every kind.
            if (seed.id, pair.trg) not in seen:
                controls.append(Control(pair, kinds[pair.id], seed.id))
                seen.add((seed.id, pair.trg))
    if (changed := len({control.seed for control in controls if control.kind != CLEAN})) < MIN_SEEDS:
        raise ValueError(
            f"controls.kinds = {settings.kinds} change {changed} of {len(seeds)} seeds, but at least {MIN_SEEDS} seeds "
            f"must have corrupted copies; add kinds that change short targets too (misaligned, untranslated), or raise "
            f"seeds.count"
        )
    return controls


def other_seeds_mask(controls: Sequence[Control], seed_ids: Sequence[str]) -> NDArray[np.bool_]:
    """Return mask_CM: for each of C controls the seeds that it is not made of, on which alone it is judged."""
    of_C = np.array([control.seed for control in controls])
    return np.asarray(of_C[:, None] != np.array(seed_ids)[None, :])
