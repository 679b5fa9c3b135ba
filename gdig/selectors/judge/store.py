"""Answers by the hash of their question: an append-only file, and its final copy.

A line is {"key", "text", "finish", "prompt_tokens", "completion_tokens", "unreadable"}, written as soon as the answer
arrives, so an interrupted run loses only pending questions.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from gdig.io.files import atomic_file
from gdig.io.locks import append_log, whole_lines

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """The last answer to a question."""

    key: str
    text: str
    """Raw text; the server's message if it refuses."""
    finish: str
    """The server's `finish_reason`; `refused` if the server or the model refuses."""
    prompt_tokens: int | None
    """Sum over all tries; None if the server does not report it."""
    completion_tokens: int | None
    unreadable: int = 0
    """Number of unparsable answers to this question, including this one if it is."""


class Store:
    """Replies by key, in memory and in an append-only file."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.replies: dict[str, Reply] = {}
        for line in whole_lines(stream):
            try:
                reply = _parse(json.loads(line))
            except (ValueError, TypeError):
                logger.warning("%s: a line is damaged; its question is asked again", stream.name)
                continue
            self.replies[reply.key] = reply

    def add(self, reply: Reply) -> None:
        """Append a reply."""
        self.stream.write(_line(reply))
        self.stream.flush()
        self.replies[reply.key] = reply


@contextmanager
def open_store(path: Path) -> Iterator[Store]:
    """Open a new or existing store for exclusive use by this process.

    Raises:
        ValueError: another process has it open.
    """
    with append_log(path, "asks the same questions") as stream:
        yield Store(stream)


def read_replies(path: Path) -> dict[str, Reply]:
    """Read external or earlier answers.

    Raises:
        ValueError: the file is missing, or a line is not an answer; names both.
    """
    if not path.is_file():
        raise ValueError(f"judge.answers: there is no file {path}; `dvc pull` it, or write none")
    replies = {}
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                reply = _parse(json.loads(line))
            except (ValueError, TypeError) as error:
                raise ValueError(f"{path}:{number}: holds no answer of a judge: {error}") from None
            replies[reply.key] = reply
    return replies


def write_replies(path: Path, replies: Iterable[Reply]) -> None:
    """Write answers, atomically."""
    with atomic_file(path) as temporary, temporary.open("wb") as stream:
        stream.writelines(map(_line, replies))


def _parse(row: Any) -> Reply:
    if not isinstance(row, dict):
        raise TypeError("not an object")
    reply = Reply(**row)
    if not all(isinstance(value, str) for value in (reply.key, reply.text, reply.finish)):
        raise TypeError("key, text and finish must be strings")
    for tokens in (reply.prompt_tokens, reply.completion_tokens, reply.unreadable):
        if not isinstance(tokens, int | None):
            raise TypeError("counts must be whole numbers")
    return reply


def _line(reply: Reply) -> bytes:
    return (json.dumps(asdict(reply), ensure_ascii=True, sort_keys=True) + "\n").encode("ascii")
