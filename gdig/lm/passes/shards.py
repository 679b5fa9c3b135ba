"""Matrices whose rows are keyed by id, computed shard by shard and resumable after a kill.

Finished shards wait in a scratch folder whose name is a hash of everything they depend on, outside the stage's
output (DVC removes outputs before a run), each put there by one rename. The last step moves them all to the output.
"""

import logging
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gdig.io.files import atomic_file, atomic_folder
from gdig.io.folders import SCRATCH_VARIABLE, scratch_folder
from gdig.io.locks import path_lock
from gdig.io.matrix import BYTES, FloatArray, read_rows
from gdig.lm.passes import processes
from gdig.run import costs
from gdig.run.progress import track

Compute = Callable[[range], FloatArray]
"""From a range of positions to the rows of a matrix."""
Prepare = Callable[[], Compute]
"""Loads what a pass needs, and returns what computes its rows."""
logger = logging.getLogger(__name__)


def pool_pass(
    out: Path,
    column: str,
    ids: Sequence[str],
    shard_size: int,
    compute: Compute,
    *,
    values: Any,
    files: Iterable[Path],
) -> None:
    """Fill a stage's output with shards of a matrix; after a kill, finished shards are found again.

    Args:
        out: folder, see `compute_shards`.
        column: name of the matrix.
        ids: id of each row.
        shard_size: rows per shard.
        compute: returns the rows of a range of positions.
        values: what the matrix depends on, by its repr.
        files: files and folders that it depends on, by their content.

    Raises:
        ValueError: as `compute_shards`.
    """
    pool_passes(out, column, ids, shard_size, [lambda: compute], values=values, files=files)


def pool_passes(
    out: Path,
    column: str,
    ids: Sequence[str],
    shard_size: int,
    passes: Sequence[Prepare],
    *,
    values: Any,
    files: Iterable[Path],
) -> None:
    """Fill a stage's output as `pool_pass` does, with a matrix whose columns come from several passes, in order."""
    # The first process hashes for all.
    scratch = processes.from_first(lambda: scratch_folder(out, (values, shard_size), files))
    compute_columns(out, scratch, column, ids, shard_size, passes)


def compute_shards(
    out: Path,
    scratch: Path,
    column: str,
    ids: Sequence[str],
    shard_size: int,
    compute: Compute,
) -> None:
    """Fill the folder `out` with shards of a matrix, computing those that `scratch` does not hold whole.

    Several processes, which must see the same folders, divide the missing shards between them.

    Args:
        out: folder of `shard-00000.parquet` ..., with the columns `id` and `column` (a fixed-size list of float32).
        scratch: folder of this computation alone; removed at the end.
        column: name of the matrix.
        ids: id of each row.
        shard_size: rows per shard.
        compute: returns the rows of a range of positions.

    Raises:
        ValueError: another process works on the same shards, or a disk has not the space that they take; a value is
            NaN or infinite, names the row.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    first = processes.rank() == 0
    with path_lock(scratch) if first else nullcontext():
        processes.wait_for_all()
        starts = range(0, len(ids), shard_size)
        paths = [scratch / f"shard-{number:05d}.parquet" for number in range(len(starts))]
        missing = [number for number, path in enumerate(paths) if not _is_whole(path)]
        if len(missing) < len(paths):
            logger.info("%s: %d of %d shards found in %s", column, len(paths) - len(missing), len(paths), scratch)
        # A shard that another process writes now would be missing for some and not for others.
        processes.wait_for_all()
        mine = processes.share(missing)
        start = time.monotonic()
        for number, own in track(mine, total=len(mine), label=column, unit="shards"):
            rows = range(starts[number], min(starts[number] + shard_size, len(ids)))
            with costs.working() as count:
                values = compute(rows)
                count(len(rows))
            if number == mine[0][0]:
                seconds = time.monotonic() - start
                logger.info("%s: the first of %d shards took %.1f s, so all will take about %.0f s",
                            column, len(mine), seconds, seconds * len(mine))  # fmt: skip
                _require_space(scratch, out, shard_size * values.shape[1] * BYTES, len(missing), len(paths))
            if bad := np.flatnonzero(~np.isfinite(values).all(axis=1)).tolist():
                raise ValueError(
                    f"pair {ids[rows[bad[0]]]}: its {column} is no number ({len(bad)} of the {len(rows)} rows of a "
                    f"shard); look at the pair, or take the model in float32"
                )
            if own:
                _write_shard(paths[number], column, [ids[row] for row in rows], values)
        processes.wait_for_all()
        if first:
            # Left by a process that was killed while it copied; the lock says that none copies now.
            for left in out.parent.glob(f".{out.name}.*.part"):
                shutil.rmtree(left)
            with atomic_folder(out) as folder:
                for path in paths:
                    shutil.copyfile(path, folder / path.name)
            shutil.rmtree(scratch)
        processes.wait_for_all()


def compute_columns(
    out: Path,
    scratch: Path,
    column: str,
    ids: Sequence[str],
    shard_size: int,
    passes: Sequence[Prepare],
) -> None:
    """Fill the folder `out`, as `compute_shards` does, with a matrix whose columns come from several passes, in order.

    Each of `passes` prepares itself, and returns what computes the rows of its columns. A finished pass waits beside
    `scratch`, and is not made again.
    """
    if len(passes) == 1:
        compute_shards(out, scratch, column, ids, shard_size, passes[0]())
        return
    finished = [scratch.with_name(f"{scratch.name}-pass-{number}") for number in range(len(passes))]
    for number, (folder, prepare) in enumerate(zip(finished, passes, strict=True), start=1):
        if folder.is_dir():
            logger.info("%s: pass %d of %d found in %s", column, number, len(passes), folder)
            continue
        logger.info("%s: pass %d of %d", column, number, len(passes))
        compute_shards(folder, folder.with_name(f"{folder.name}-shards"), column, ids, shard_size, prepare())

    def joined(rows: range) -> FloatArray:
        return np.concatenate([read_rows(folder, column, rows)[1] for folder in finished], axis=1)

    compute_shards(out, scratch, column, ids, shard_size, joined)
    if processes.rank() == 0:
        for folder in finished:
            shutil.rmtree(folder)


def _require_space(scratch: Path, out: Path, shard_bytes: int, num_missing: int, num_shards: int) -> None:
    """Refuse what would fill a disk: missing shards in scratch, and once more all of them in the output."""
    out.parent.mkdir(parents=True, exist_ok=True)
    wanted: dict[int, tuple[Path, int]] = {}
    for folder, shards in ((scratch, num_missing), (out.parent, num_shards)):
        disk = folder.stat().st_dev
        wanted[disk] = folder, wanted.get(disk, (folder, 0))[1] + shards * shard_bytes
    for folder, needed in wanted.values():
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise ValueError(
                f"{folder}: the disk has {free / 2**20:,.0f} MiB free, but the shards take {needed / 2**20:,.0f} MiB; "
                f"free some, or set {SCRATCH_VARIABLE} to a folder on another disk"
            )


def _write_shard(path: Path, column: str, ids: list[str], values: FloatArray) -> None:
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).reshape(-1))
    table = pa.table({"id": ids, column: pa.FixedSizeListArray.from_arrays(flat, values.shape[1])})
    with atomic_file(path) as temporary:
        # Floats do not compress; page checksums tell a damaged shard from a whole one.
        pq.write_table(table, temporary, compression="none", use_dictionary=False, write_page_checksum=True)


def _is_whole(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        pq.read_table(path, page_checksum_verification=True)
    except (OSError, pa.ArrowInvalid):
        logger.warning("%s is damaged and will be computed again", path)
        return False
    return True
