"""Folders that outlive a stage, outside its outputs, which DVC removes before a run."""

import os
from pathlib import Path

SCRATCH_VARIABLE = "GDIG_SCRATCH"
DOWNLOADS_VARIABLE = "GDIG_DOWNLOADS"


def scratch_root() -> Path:
    """Return the absolute folder for unfinished work: $GDIG_SCRATCH, or tmp/gdig in DVC's cache folder.

    An experiment in a temporary folder (`dvc exp run --temp`) shares the cache, and so finds what was left.
    """
    return _chosen(SCRATCH_VARIABLE) or _cache_folder() / "tmp" / "gdig"


def downloads_root() -> Path:
    """Return the absolute folder of downloaded corpora: $GDIG_DOWNLOADS, or downloads in DVC's cache folder.

    All profiles share it.
    """
    return _chosen(DOWNLOADS_VARIABLE) or _cache_folder() / "downloads"


def _chosen(variable: str) -> Path | None:
    folder = os.environ.get(variable)
    return Path(folder).absolute() if folder else None


def _cache_folder() -> Path:
    from dvc.repo import Repo

    with Repo() as repo:
        return Path(repo.cache.local.path).parent.parent
