"""What must hold before stages run for hours: DVC can keep what they make."""

import os
import shutil
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from dvc.repo import Repo
from rich.filesize import decimal


def preflight(due: Collection[str]) -> None:
    """Hold DVC's cache against the stages that are due.

    It must take files; where its disk has less space than those stages took the last time, a line says so and they
    run all the same: they may take less now, and what no longer fits can be saved afterwards.

    Args:
        due: names of stages, as `dvc status` has them.

    Raises:
        ValueError: no file can be written into the cache.
    """
    with Repo() as repo:
        cache = Path(repo.cache.local.path)
        outs = [out for stage in repo.index.stages if stage.addressing in due for out in stage.outs if out.use_cache]
    needed = sum(out.meta.size or 0 for out in outs)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=cache).close()
    except OSError as error:
        raise ValueError(
            f"{os.path.relpath(cache)}: DVC's cache takes no files ({error.strerror}), so that no stage can be saved; "
            f"make it writable, or name another folder with `dvc cache dir`"
        ) from None
    if (free := shutil.disk_usage(cache).free) < needed:
        print(
            f"warning: {decimal(free)} are free where DVC's cache is, and what is due ({len(due)} of the stages) took "
            f"{decimal(needed)} the last time; `dvc gc -A --all-experiments` frees what no revision needs",
            file=sys.stderr,
        )
