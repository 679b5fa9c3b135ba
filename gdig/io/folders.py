"""Folders that outlive a stage, outside its outputs, which DVC removes before a run."""

import hashlib
import os
from pathlib import Path
from typing import Any

from gdig.io.files import digest

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


def fingerprint(*parts: Any) -> str:
    """Return a short hash of what a folder of unfinished work depends on: the values (their repr) and our code."""
    package = Path(__file__).parent
    code = [digest(path) for home in (package, package.parent / "stages") for path in sorted(home.rglob("*.py"))]
    return hashlib.sha256(repr((parts, code)).encode()).hexdigest()[:24]


def _chosen(variable: str) -> Path | None:
    folder = os.environ.get(variable)
    return Path(folder).absolute() if folder else None


def _cache_folder() -> Path:
    from dvc.repo import Repo

    with Repo() as repo:
        return Path(repo.cache.local.path).parent.parent
