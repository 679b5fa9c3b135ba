"""Files that only grow, a line at a time, so that a kill loses the line in flight and nothing else."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_BUFFER = 2**20


@contextmanager
def growing(path: Path, busy: str) -> Iterator[BinaryIO]:
    """Open such a file, new or with what an earlier run left, at its beginning, for this process alone.

    Args:
        path: of the file; its folder is made.
        busy: what another process that has it does, for the message.

    Raises:
        ValueError: another process has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=_BUFFER) as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"{path}: another process {busy}; wait for it or stop it") from None
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
