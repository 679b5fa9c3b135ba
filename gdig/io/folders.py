"""Folders that outlive a stage, outside its outputs, which DVC removes before a run."""

import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gdig.io.files import digest

SCRATCH_VARIABLE = "GDIG_SCRATCH"
DOWNLOADS_VARIABLE = "GDIG_DOWNLOADS"

_REPOSITORY = Path(__file__).parents[2]
_CODE = "gdig", "stages"
_CHANGE_NO_ARTIFACT = "gdig/config/", "gdig/run/"
"""Config validates params, whose values are in the fingerprint; run talks to the user."""


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


def scratch_folder(out: Path, values: Any, files: Iterable[Path]) -> Path:
    """Return the folder for unfinished work on a stage's output, named after all that the work depends on.

    Args:
        out: the output; its path is part of the name.
        values: what the work depends on, by its repr.
        files: files and folders that it depends on, by their content.
    """
    key = fingerprint(values, [digest(path) for path in files])
    return scratch_root() / f"{'-'.join(out.parts[-3:])}-{key}"


def fingerprint(*parts: Any) -> str:
    """Return a short hash of what unfinished work depends on: the values (their repr) and the code of this process.

    The code is that of the modules loaded so far, below `gdig` and `stages`. Modules there are therefore imported at
    the top of a file: one that is imported later is not hashed.
    """
    return hashlib.sha256(repr((parts, _loaded_code())).encode()).hexdigest()[:24]


def _loaded_code() -> list[tuple[str, str]]:
    """Return path and digest of the loaded files of this repository; a stage itself is loaded as `__main__`."""
    loaded = [getattr(module, "__file__", None) for module in [*sys.modules.values()]]
    files = {Path(file).absolute() for file in loaded if isinstance(file, str)}
    own = {path.relative_to(_REPOSITORY).as_posix(): path for path in files if path.is_relative_to(_REPOSITORY)}
    return [
        (name, digest(path))
        for name, path in sorted(own.items())
        if name.split("/")[0] in _CODE and not name.startswith(_CHANGE_NO_ARTIFACT)
    ]


def _chosen(variable: str) -> Path | None:
    folder = os.environ.get(variable)
    return Path(folder).absolute() if folder else None


def _cache_folder() -> Path:
    # Opening the repository takes half a second, too long for each stage.
    from dvc.config import Config

    cache = Config(dvc_dir=".dvc")["cache"].get("dir") or Path(".dvc", "cache")
    return Path(cache).absolute()
