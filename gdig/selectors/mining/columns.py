"""All indicators of the pool by name. Shapes: N pairs, I indicators, S subsets."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdig.io.matrix import read_matrix
from gdig.io.token_losses import read_mean_losses
from gdig.selectors.mining.indicators import read_indicators

Column = Mapping[str, float]
"""One value per candidate."""


def collect_columns(
    lexical: tuple[Sequence[str], Mapping[str, NDArray[np.float64]]],
    rewards: tuple[Sequence[str], NDArray[np.float32]],
    losses: Mapping[str, tuple[float, float]],
) -> dict[str, Column]:
    """Return every indicator that `regression.indicators` may name, for every candidate.

    Args:
        lexical: ids and columns of stage indicators.
        rewards: ids and rewards (N x 1).
        losses: mean loss of the response with and without the prompt.

    Raises:
        ValueError: the inputs have different candidates.
    """
    ids, columns = lexical
    for what, found in (("rewards", rewards[0]), ("token losses", losses)):
        if set(found) != set(ids):
            odd = min(set(found) ^ set(ids))
            raise ValueError(
                f"indicators and {what} have different candidates: {odd!r} is in only one of them; "
                f"run `dvc repro`, which makes both from the same pool"
            )
    measured: dict[str, Column] = {
        "reward": column(rewards[0], rewards[1][:, 0]),
        "loss": {i: given for i, (given, _) in losses.items()},
        "unconditional_loss": {i: alone for i, (_, alone) in losses.items()},
    }
    return measured | {name: column(ids, values_N) for name, values_N in columns.items()}


def read_columns(indicators: Path, rewards: Path, losses: Path) -> dict[str, Column]:
    """Read the indicators from the outputs of stages indicators, rewards and token_losses.

    Raises:
        ValueError: see `collect_columns`; also a damaged shard.
    """
    return collect_columns(read_indicators(indicators), read_matrix(rewards, "reward"), read_mean_losses(losses))


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
