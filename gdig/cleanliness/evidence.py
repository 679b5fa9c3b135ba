"""What speaks for a pair: how consistently it helps the seeds, and how well two models know it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NAMES = ("consistency", "base_loss", "loss")

_ROWS_AT_ONCE = 16384
_SAME = 1e-9
"""Deviation, as a share of the mean, that is rounding alone."""


@dataclass(frozen=True)
class Evidence:
    """Of N pairs, what is measured of each; higher speaks for the pair."""

    ids: list[str]
    values_NF: Array
    """F = len(NAMES) columns: consistency, minus the base model's loss, minus theta_T's."""


def of_pool(
    ids: Sequence[str],
    influence_NM: NDArray[np.float32],
    base_losses: Mapping[str, float | None],
    losses: Mapping[str, float | None],
) -> Evidence:
    """Return what is measured of candidates.

    Raises:
        ValueError: a candidate of which there is no loss; names it.
    """
    columns = [consistency(influence_NM)]
    for name, measured in (("base_loss", base_losses), ("loss", losses)):
        found = [measured.get(i) for i in ids]
        if None in found:
            raise ValueError(
                f"rankings/{name}.jsonl: no score of {ids[found.index(None)]!r}, which is in the pool; run `dvc repro`"
            )
        columns.append(-np.array(found, dtype=np.float64))
    return Evidence(list(ids), np.stack(columns, axis=1))


def of_controls(rows: Sequence[Mapping[str, Any]]) -> Evidence:
    """Return what stage `controls` measured."""
    values = [[row["consistency"], -row["base_loss"], -row["loss"]] for row in rows]
    return Evidence([row["id"] for row in rows], np.array(values, dtype=np.float64))


def consistency(influence_NM: NDArray[np.float32], mask_NM: NDArray[np.bool_] | None = None) -> Array:
    """Return, for each pair, minus the mean over its standard deviation of its influence on the seeds.

    The share of seeds helped, with size counted where it is large: scale-free, so that a pair of large gradients is not
    ahead of one that helps every seed a little. 0 where influence is the same on all seeds, as of a pair without
    gradient, or on one seed.

    Args:
        influence_NM: negative: helps.
        mask_NM: seeds that count, at least one of them for each pair; all without it.
    """
    found = np.zeros(len(influence_NM))
    for start in range(0, len(influence_NM), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        values = influence_NM[rows].astype(np.float64)
        counts: Any = True if mask_NM is None else mask_NM[rows]
        means = values.mean(axis=1, where=counts)
        deviations = values.std(axis=1, where=counts)
        np.divide(-means, deviations, out=found[rows], where=deviations > _SAME * np.abs(means))
    return found


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
