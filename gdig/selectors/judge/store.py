"""Answers by the hash of their question: a file that only grows, and what it is copied to in the end.

A line is {"key", "text", "finish", "prompt_tokens", "completion_tokens", "unreadable"}, written at once when the answer
comes, so that a kill loses what is under way and nothing else.
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
    """As it came; what the server says where it refuses."""
    finish: str
    """The server's `finish_reason`; `refused` where it, or the model, will not answer."""
    prompt_tokens: int | None
    """Of all times that it was asked; None where the server does not say."""
    completion_tokens: int | None
    unreadable: int = 0
    """How many answers to this question could not be read, this one among them where it cannot."""


class Store:
    """Replies by key, in memory and in a file that only grows."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.replies: dict[str, Reply] = {}
        for line in whole_lines(stream):
            try:
                reply = _parse(json.loads(line))
            except (ValueError, TypeError):
                logger.warning("%s: a line is damaged; what it answered is asked again", stream.name)
                continue
            self.replies[reply.key] = reply

    def add(self, reply: Reply) -> None:
        """Keep a reply."""
        self.stream.write(_line(reply))
        self.stream.flush()
        self.replies[reply.key] = reply


@contextmanager
def open_store(path: Path) -> Iterator[Store]:
    """Open a store, new or with what earlier runs left, for this process alone.

    Raises:
        ValueError: another process writes it.
    """
    with append_log(path, "asks the same questions") as stream:
        yield Store(stream)


def read_replies(path: Path) -> dict[str, Reply]:
    """Read answers given elsewhere or before.

    Raises:
        ValueError: no such file, or a line that holds no answer; names both.
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
