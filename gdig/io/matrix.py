"""Read matrices whose rows are keyed by id, kept as shards of Parquet."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
BYTES = np.dtype(np.float32).itemsize


def read_matrix(folder: Path, column: str) -> tuple[list[str], FloatArray]:
    """Read all shards of a matrix: ids and float32 rows, in order.

    Raises:
        ValueError: a folder without shards, or a damaged one; names the file.
    """
    return _read(_shards_of(folder), column)


def read_rows(folder: Path, column: str, rows: range) -> tuple[list[str], FloatArray]:
    """Read a range of positions of a matrix that may not fit memory: their ids and rows.

    Raises:
        ValueError: a folder without shards, or a damaged one; names the file.
    """
    paths = _shards_of(folder)
    shard_size = pq.read_metadata(paths[0]).num_rows
    first, last = rows.start // shard_size, (rows.stop - 1) // shard_size
    ids, values = _read(paths[first : last + 1], column)
    wanted = slice(rows.start - first * shard_size, rows.stop - first * shard_size)
    return ids[wanted], values[wanted]


def _shards_of(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("shard-*.parquet"))
    if not paths:
        raise ValueError(f"{folder}: holds no shards")
    return paths


def _read(paths: Sequence[Path], column: str) -> tuple[list[str], FloatArray]:
    ids: list[str] = []
    parts = []
    for path in paths:
        try:
            table = pq.read_table(path, page_checksum_verification=True)
        except (OSError, pa.ArrowInvalid) as error:
            raise ValueError(f"{path}: damaged shard: {error}; `dvc checkout --force` or `dvc pull` it") from None
        ids += table["id"].to_pylist()
        parts += [
            chunk.flatten().to_numpy().reshape(len(chunk), chunk.type.list_size) for chunk in table[column].chunks
        ]
    return ids, np.concatenate(parts)
