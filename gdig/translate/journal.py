"""Finished batches on disk, each appended by one write, so that a killed translation goes on where it was."""

import fcntl
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

logger = logging.getLogger(__name__)


class Journal:
    """Translations by id, in memory and in a file that only grows."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.texts: dict[str, str] = {}
        whole = 0
        for line in stream:
            # A kill tears the last line; its batch is decoded again.
            if not line.endswith(b"\n"):
                break
            identity, text = json.loads(line)
            self.texts[identity] = text
            whole += len(line)
        stream.seek(whole)
        stream.truncate()

    def add(self, texts: Mapping[str, str]) -> None:
        """Keep the translations of a batch."""
        lines = (json.dumps([identity, text], ensure_ascii=False) + "\n" for identity, text in texts.items())
        self.stream.write("".join(lines).encode())
        self.stream.flush()
        self.texts |= texts


@contextmanager
def opened(path: Path) -> Iterator[Journal]:
    """Open a journal, new or with what an earlier run left, for this process alone.

    Raises:
        ValueError: another process writes it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=2**20) as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"{path}: another process writes these translations; wait for it or stop it") from None
        stream.seek(0)
        journal = Journal(stream)
        if journal.texts:
            logger.info("%d translations found in %s", len(journal.texts), path)
        yield journal
