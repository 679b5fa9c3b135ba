"""Store an imported revision as a folder tracked by DVC; the same files give the same bytes."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gdig.io.files import atomic_folder, digest, write_json
from gdig.seeds.revised import RECORD, STAND_INS, Revised, write_revised

_NAME = re.compile("[a-z0-9][a-z0-9_-]*")


def check_name(name: str) -> None:
    """Check the name of a revision.

    Raises:
        ValueError: `name` is not valid as a folder name and param value, or is reserved.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"--name {name!r}: write small letters, digits, - and _, beginning with a letter or digit")
    if name in STAND_INS:
        raise ValueError(f"--name {name!r} means something else in seeds.revision; choose another name")


def save_revision(folder: Path, rows: Sequence[Revised], record: dict[str, Any], *, force: bool) -> bool:
    """Write a revision's folder atomically; return whether it already existed with the same bytes.

    Raises:
        ValueError: another revision has that name, and `force` is off.
    """
    pointer = folder.with_name(folder.name + ".dvc")
    if pointer.exists() and not folder.exists() and not force:
        raise ValueError(
            f"{pointer} names a revision, but {folder} is missing: fetch it with `dvc pull "
            f"{folder.as_posix()}`, choose another --name, or replace it with --force"
        )
    with atomic_folder(folder) as temporary:
        write_revised(temporary, rows)
        write_json(temporary / RECORD, record)
        is_same = folder.exists() and digest(temporary) == digest(folder)
        if folder.exists() and not is_same and not force:
            raise ValueError(
                f"{folder} holds another revision; choose another --name, or replace it with --force (DVC keeps the "
                f"old one in its cache)"
            )
    return is_same


def track(folder: Path) -> None:
    """Track a folder with DVC.

    Raises:
        ValueError: DVC fails; gives the command to run by hand. The folder is unchanged.
    """
    command = [sys.executable, "-m", "dvc", "add", "--quiet", folder.as_posix()]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = " ".join((done.stderr or done.stdout).split())
        raise ValueError(
            f"{folder} is written, but DVC does not track it: {reason}; by hand: `dvc add {folder.as_posix()}`"
        )
