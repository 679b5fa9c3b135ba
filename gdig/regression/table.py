"""All indicators of the pool side by side. Shapes: N pairs, I indicators, S subsets."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = Mapping[str, float]
"""A value of every candidate."""


def columns_of(
    lexical: tuple[Sequence[str], Mapping[str, NDArray[np.float64]]],
    rewards: tuple[Sequence[str], NDArray[np.float32]],
    losses: tuple[Sequence[str], NDArray[np.float32]],
) -> dict[str, Column]:
    """Return every indicator that `regression.indicators` may name, of every candidate.

    Args:
        lexical: ids and columns of the stage indicators.
        rewards: ids and rewards (N x 1).
        losses: ids and (N x 3) the response's loss in nats given the prompt, without it, and its number of tokens.

    Raises:
        ValueError: they are of different candidates.
    """
    ids, columns = lexical
    for what, found in (("rewards", rewards[0]), ("token losses", losses[0])):
        if set(found) != set(ids):
            odd = min(set(found) ^ set(ids))
            raise ValueError(
                f"indicators and {what} are of different candidates: {odd!r} stands in one of them alone; "
                f"run `dvc repro`, which makes both from the same pool"
            )
    values_N3 = losses[1].astype(np.float64)
    means_N2 = values_N3[:, :2] / values_N3[:, 2:]
    measured: dict[str, Column] = {
        "reward": column(rewards[0], rewards[1][:, 0]),
        "loss": column(losses[0], means_N2[:, 0]),
        "unconditional_loss": column(losses[0], means_N2[:, 1]),
    }
    return measured | {name: column(ids, values_N) for name, values_N in columns.items()}


def column(ids: Sequence[str], values_N: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Return values by id."""
    return dict(zip(ids, values_N.astype(np.float64).tolist(), strict=True))


def matrix(columns: Mapping[str, Column], names: Sequence[str], ids: Sequence[str]) -> NDArray[np.float64]:
    """Return the named indicators of candidates (N x I)."""
    return np.array([[columns[name][i] for name in names] for i in ids], dtype=np.float64).reshape(len(ids), len(names))


def subset_means(
    columns: Mapping[str, Column], names: Sequence[str], subsets: Sequence[Sequence[str]]
) -> NDArray[np.float64]:
    """Return the mean of each indicator over each subset (S x I)."""
    return np.stack([matrix(columns, names, ids).mean(axis=0) for ids in subsets])
