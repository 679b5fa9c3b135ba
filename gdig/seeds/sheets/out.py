"""Copy generated sheets to their paths without overwriting filled-in ones."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from gdig.io.files import atomic_file, digest


def copy_out(new: Sequence[Path], paths: Sequence[Path], what: str, *, force: bool) -> None:
    """Copy each new file to its path, in order; a path may already hold the same bytes.

    Args:
        new: files to copy.
        paths: destinations.
        what: what may have happened to existing files, for the message: `revised`.
        force: overwrite files with other bytes.

    Raises:
        ValueError: a path holds other bytes; nothing is copied.
    """
    others = [old for old, path in zip(paths, new, strict=True) if old.exists() and digest(old) != digest(path)]
    if others and not force:
        raise ValueError(f"{others[0]} exists and may have been {what}; choose another --out, or use --force")
    for path, written in zip(paths, new, strict=True):
        with atomic_file(path) as temporary:
            shutil.copyfile(written, temporary)
