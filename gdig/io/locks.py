"""File locks, which are released when their process dies, and logs that only grow."""

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)

STAGE_LOCKS = Path(".dvc", "tmp", "gdig")
"""Folder of the locks of stages, in a checkout."""
REMEDY_OF_CHECKOUT = "move this checkout to a disk that has them, since DVC needs them too"

_REMEDY = "name a folder on a local disk (GDIG_SCRATCH, GDIG_DOWNLOADS)"
_HAS_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP)
_BUFFER = 2**20


@contextmanager
def file_lock(
    path: Path, *, busy: str | None = None, waiting: str | None = None, remedy: str = _REMEDY
) -> Iterator[None]:
    """Hold a lock file for this process.

    Args:
        path: of the lock file; its folder is made, and the file stays.
        busy: message of the error if another process holds it; without it, the call waits for that process.
        waiting: logged before waiting.
        remedy: what to do where the file system has no locks, for the message.

    Raises:
        ValueError: another process holds it and `busy` is given, or the file system has no locks.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A soft lock, filelock's substitute where there is no flock, would outlive a killed process.
    lock = FileLock(path, fallback_to_soft=False)
    try:
        try:
            lock.acquire(blocking=busy is None and waiting is None)
        except Timeout:
            if busy is not None:
                raise ValueError(busy) from None
            logger.info("%s", waiting)
            lock.acquire()
    except OSError as error:
        if error.errno not in _HAS_NO_LOCKS:
            raise
        raise ValueError(f"{path.parent}: the file system there has no locks ({error.strerror}); {remedy}") from None
    try:
        yield
    finally:
        # Explicitly: a forked child keeps the file open, and so the lock, after this process has closed it.
        lock.release()


def require_locks(folder: Path, remedy: str) -> None:
    """Refuse, before any work, a folder whose file system has no locks; it is made if it is missing.

    Args:
        folder: where locks will be taken.
        remedy: what to do, for the message.

    Raises:
        ValueError: the file system has no locks.
    """
    try:
        with file_lock(folder / "probe.lock", remedy=remedy):
            pass
    except OSError:
        pass  # Not writable, which does no harm where everything is there.


@contextmanager
def stage_lock(name: str) -> Iterator[None]:
    """Wait for another process that runs the same stage in this checkout.

    Where `dvc` alone was killed, its stage continues, and would write into the outputs of the next run.
    """
    if not Path(".dvc").is_dir():
        yield
        return
    path = STAGE_LOCKS / f"{name}.lock"
    owner = path.with_suffix(".pid")
    pid = owner.read_text() if owner.is_file() else "?"
    waiting = f"waiting for process {pid}, which still runs this stage; stop it to go on"
    with file_lock(path, waiting=waiting, remedy=REMEDY_OF_CHECKOUT):
        owner.write_text(str(os.getpid()))
        yield


def path_lock(path: Path, doing: str = "works in it") -> AbstractContextManager[None]:
    """Hold a file or folder for this process by a lock file beside it; refuse one that another process holds."""
    return file_lock(
        path.with_name(f"{path.name}.lock"), busy=f"{path}: another process {doing}; wait for it or stop it"
    )


@contextmanager
def append_log(path: Path, busy: str) -> Iterator[BinaryIO]:
    """Open a log at its beginning, new or with what an earlier run left, for this process alone.

    A kill loses at most the line in flight.

    Args:
        path: of the log; its folder is made.
        busy: what another process that holds it does, for the message.

    Raises:
        ValueError: another process holds it.
    """
    with path_lock(path, busy), path.open("a+b", buffering=_BUFFER) as stream:
        stream.seek(0)
        yield stream


def whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines from the beginning, and cut off what a kill left of the last."""
    whole = 0
    for line in stream:
        if not line.endswith(b"\n"):
            break
        whole += len(line)
        yield line
    stream.seek(whole)
    stream.truncate()
