"""What speaks for a pair: how consistently it helps the seeds, and how well two models know it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NAMES = ("consistency", "base_loss", "loss")


@dataclass(frozen=True)
class Evidence:
    """Of N pairs, what is measured of each; higher speaks for the pair."""

    ids: list[str]
    values_NF: Array
    """F = len(NAMES) columns: consistency, minus the base model's loss, minus theta_T's."""

    def __getitem__(self, rows: NDArray[np.int64]) -> "Evidence":
        """Return some of the pairs."""
        return Evidence([self.ids[row] for row in rows], self.values_NF[rows])


def consistency(influence_NM: NDArray[np.float32], mask_NM: NDArray[np.bool_] | None = None) -> Array:
    """Return, for each pair, minus the mean over its standard deviation of its influence on the seeds.

    The share of seeds helped, with size counted where it is large: scale-free, so that a pair of large gradients is not
    ahead of one that helps every seed a little. 0 where influence is the same on all seeds, as of a pair without
    gradient.

    Args:
        influence_NM: negative: helps.
        mask_NM: seeds that count; all without it.
    """
    values = influence_NM.astype(np.float64)
    counts_NM = np.ones_like(values, dtype=bool) if mask_NM is None else mask_NM
    means = values.mean(axis=1, where=counts_NM)
    deviations = values.std(axis=1, where=counts_NM)
    return np.asarray(np.divide(-means, deviations, out=np.zeros_like(means), where=deviations > 0))


def against(reference: Evidence, evidence: Evidence) -> Array:
    """Return positions_NF in [0, 1]: the share of the reference's pairs that are behind, ties by half, by column.

    Positions have no scale and no tail: an odd pair with an enormous loss is last and no more, and models whose losses
    differ in size count alike.
    """
    columns = []
    for own, other in zip(evidence.values_NF.T, reference.values_NF.T, strict=True):
        known = np.sort(other)
        below, upto = np.searchsorted(known, own, side="left"), np.searchsorted(known, own, side="right")
        columns.append((below + upto) / (2 * len(known)))
    return np.stack(columns, axis=1)
