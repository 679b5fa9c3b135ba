"""The indicators of a pair, as a row of the artifact. Shapes: N pairs, I indicators."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gdig.indicators.lexical import copied_share, distinct_share, mtld, words
from gdig.records import Pair
from gdig.shards import read_matrix

COLUMN = "indicators"
NAMES = (
    "src_characters",
    "trg_characters",
    "src_tokens",
    "trg_tokens",
    "length_ratio",
    "mtld",
    "distinct_tokens",
    "copied",
    "neighbour_distance",
    "similarity",
)
"""What stands where in the column `indicators` of a row: lengths in characters and tokens; the natural logarithm of
target characters for each of the source; MTLD of the target's words; distinct tokens of the target for each of its
tokens; share of the target's words that stand in the source; distance to a near neighbour; cosine of the two sides."""


def rows_of(
    pairs: Sequence[Pair], sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]],
    distances_N: NDArray[np.float64], similarities_N: NDArray[np.float64],
) -> NDArray[np.float32]:  # fmt: skip
    """Return the indicators of pairs (N x I), in the order of `NAMES`.

    Args:
        pairs: N pairs.
        sources: tokens of each source.
        targets: tokens of each target.
        distances_N: to a near neighbour.
        similarities_N: of the two sides.
    """
    rows = []
    for number, pair in enumerate(pairs):
        source, target = words(pair.src), words(pair.trg)
        rows.append((
            len(pair.src), len(pair.trg), len(sources[number]), len(targets[number]),
            math.log(len(pair.trg) / len(pair.src)), mtld(target), distinct_share(targets[number]),
            copied_share(source, target), distances_N[number], similarities_N[number],
        ))  # fmt: skip
    return np.array(rows, dtype=np.float32).reshape(len(pairs), len(NAMES))


def read_indicators(folder: Path) -> tuple[list[str], Mapping[str, NDArray[np.float64]]]:
    """Read the artifact: ids, and each indicator by name."""
    ids, values_NI = read_matrix(folder, COLUMN)
    return ids, {name: values_NI[:, column].astype(np.float64) for column, name in enumerate(NAMES)}
