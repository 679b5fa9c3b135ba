"""Put files that people will fill in where they belong, without losing what they filled in."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from gdig.io.files import atomic_file, digest


def copy_out(new: Sequence[Path], paths: Sequence[Path], what: str, *, force: bool) -> None:
    """Copy each new file to its path, in order; equal bytes may stand there already.

    Args:
        new: files as written.
        paths: where they go.
        what: what may have happened to the files that are there, for the message: `revised`.
        force: overwrite other bytes.

    Raises:
        ValueError: other bytes stand at one of the paths; nothing is copied then.
    """
    others = [old for old, path in zip(paths, new, strict=True) if old.exists() and digest(old) != digest(path)]
    if others and not force:
        raise ValueError(f"{others[0]} exists and may have been {what}; choose another --out, or use --force")
    for path, written in zip(paths, new, strict=True):
        with atomic_file(path) as temporary:
            shutil.copyfile(written, temporary)
