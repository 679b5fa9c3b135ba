"""Files of the workspace or of a revision, fetched through DVC."""

import shutil
from pathlib import Path
from typing import Any

from dvc.fs.dvc import DVCFileSystem
from dvc.scm import RevError


class UnavailableError(Exception):
    """An artifact of one part of a comparison is missing; the other parts can still be computed."""


class Snapshot:
    """The repository at one revision; None is the workspace."""

    def __init__(self, revision: str | None, folder: Path) -> None:
        """Open a snapshot.

        Args:
            revision: anything that Git or DVC resolves: a commit, branch, tag or the name of an experiment.
            folder: folder for files that are not in the workspace; it must exist while they are read.

        Raises:
            ValueError: there is no such revision.
        """
        self._is_workspace = revision is None
        self._folder = folder
        # In the workspace, open DVC only if a file is missing, since that takes a second.
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
        """Return a local path of the file or folder at `path` of the repository.

        Raises:
            UnavailableError: it is not in the repository, or in neither DVC's cache nor its remote.
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
        except Exception as error:  # each kind of remote raises its own errors
            shutil.rmtree(part, ignore_errors=True)
            raise UnavailableError(f"{path.as_posix()} is in neither DVC's cache nor its remote ({error})") from None
        part.replace(local)
        return local
