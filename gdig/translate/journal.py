"""Finished batches on disk, each appended by one write, so that a killed translation goes on where it was."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gdig.growing import growing, whole_lines

logger = logging.getLogger(__name__)


class Journal:
    """Translations by id, in memory and in a file that only grows."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.texts: dict[str, str] = {}
        for line in whole_lines(stream):
            identity, text = json.loads(line)
            self.texts[identity] = text

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
    with growing(path, "writes these translations") as stream:
        journal = Journal(stream)
        if journal.texts:
            logger.info("%d translations found in %s", len(journal.texts), path)
        yield journal
