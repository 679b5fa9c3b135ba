"""One process at a time for a stage of a checkout."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Wait for another process that runs the same stage in this checkout.

    Where `dvc` alone was killed, the stage that it ran goes on, and would write into the outputs of its successor.
    """
    home = Path(".dvc")
    if not home.is_dir():
        yield
        return
    path = home / "tmp" / "gdig" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            logger.info("waiting for process %s, which still runs this stage; stop it to go on", stream.read() or "?")
            fcntl.flock(stream, fcntl.LOCK_EX)
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        try:
            yield
        finally:
            # Not left to the end of the process: children that it forked hold the file too.
            fcntl.flock(stream, fcntl.LOCK_UN)
