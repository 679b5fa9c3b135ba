"""Controls, pairs with known cleanliness: the seeds, and corrupted copies of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdig.config import Controls, Noise
from gdig.ingest.noise import plant
from gdig.io.records import CLEAN, Pair

MIN_SEEDS = 2
"""Minimum seeds with corrupted copies: each control is scored by the other seeds and a fit to their controls."""


@dataclass(frozen=True, slots=True)
class Control:
    """A pair with known noise."""

    pair: Pair
    kind: str
    """Noise kind; `clean` for a seed."""
    seed: str
    """Id of the seed that it is made from; for a seed, its own id."""


def make_controls(seeds: Sequence[Pair], pool: Sequence[Pair], settings: Controls) -> list[Control]:
    """Return the seeds, followed by up to `settings.copies` corrupted copies of each.

    Corruptions that need another pair's target take it from the pool: a target of another seed would correlate with the
    gradients of that seed. Copies that no corruption changes, and repeated copies, are left out.

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
            # Every kind may leave a one-word target unchanged.
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
    """Return mask_CM: for each of C controls, the seeds that it is not made from, which alone score it."""
    of_C = np.array([control.seed for control in controls])
    return np.asarray(of_C[:, None] != np.array(seed_ids)[None, :])
