"""The files of the workspace, or of a revision, wherever DVC has them."""

import shutil
from pathlib import Path
from typing import Any

from dvc.fs.dvc import DVCFileSystem
from dvc.scm import RevError


class UnavailableError(Exception):
    """What one part of a comparison needs is not at hand; the other parts can be told."""


class Snapshot:
    """What stood in the repository at one revision; None is the workspace as it is."""

    def __init__(self, revision: str | None, folder: Path) -> None:
        """Open it.

        Args:
            revision: anything that Git or DVC resolves: a commit, branch, tag or the name of an experiment.
            folder: where files that are not in the workspace are put; the caller keeps it for as long as he reads them.

        Raises:
            ValueError: there is no such revision.
        """
        self._is_workspace = revision is None
        self._folder = folder
        # In the workspace DVC is needed only where a file is missing, and to open it takes a second.
        self._files: Any = None
        if not self._is_workspace:
            self._files = DVCFileSystem(rev=revision)
            try:
                self._files.repo  # noqa: B018 - resolves the revision
            except RevError:
                raise ValueError(
                    f"{revision!r} is no revision: neither a commit, branch or tag nor an experiment, or the name of "
                    f"several experiments (`dvc exp list --all-commits`)"
                ) from None

    def get(self, path: Path) -> Path:
        """Return where the file or folder at `path` of the repository can be read.

        Raises:
            UnavailableError: it was not in the repository, or neither DVC's cache nor its remote gives it.
        """
        if self._is_workspace and path.exists():
            return path
        local = self._folder / path
        if local.exists():
            return local
        if self._files is None:
            self._files = DVCFileSystem()
        if not self._files.exists(path.as_posix()):
            raise UnavailableError(f"{path.as_posix()} is not known there")
        local.parent.mkdir(parents=True, exist_ok=True)
        part = local.with_name(f".{local.name}.part")
        try:
            self._files.get(path.as_posix(), str(part), recursive=True)
        except Exception as error:  # each kind of remote has its own
            shutil.rmtree(part, ignore_errors=True)
            raise UnavailableError(f"{path.as_posix()} is in neither DVC's cache nor its remote ({error})") from None
        part.replace(local)
        return local
