"""JSON: one object per line, or one array of objects."""

import codecs
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from gdig.config import ScoreColumn
from gdig.ingest.readers.rows import Malformed, Row, checked, excerpt, score_problem
from gdig.ingest.readers.text import lines, skip_mark

BLOCK = 1 << 16
"""Bytes decoded at a time."""

_SPACE = re.compile(r"[ \t\r\n]*")
_NEXT = re.compile(r"[ \t\r\n]*([],])[ \t\r\n]*")
# Control characters in strings reject the row, not the file.
_DECODER = json.JSONDecoder(strict=False)


def json_lines(stream: io.BufferedReader, columns: list[str], score: ScoreColumn | None) -> Iterator[Row | Malformed]:
    """Yield the rows of a file with one JSON object per line; columns are keys, or dotted paths into objects."""
    yield from _rows(_line_values(stream), columns, score)


def json_file(stream: io.BufferedReader, columns: list[str], score: ScoreColumn | None) -> Iterator[Row | Malformed]:
    """Yield the rows of a file with one array of JSON objects, or with one object per line.

    Raises:
        ValueError: the array is not well-formed (names the line).
    """
    start = stream.peek().removeprefix(codecs.BOM_UTF8).lstrip()
    values = _array_values(stream) if start.startswith(b"[") else _line_values(stream)
    yield from _rows(values, columns, score)


def _line_values(stream: io.BufferedReader) -> Iterator[tuple[Any, str] | Malformed]:
    """Yield the value of each line, with its text."""
    for line in lines(stream):
        if isinstance(line, Malformed):
            yield line
            continue
        try:
            yield json.loads(line), line
        except (ValueError, RecursionError):
            yield Malformed("not JSON" if line.strip() else "empty line", excerpt(line))


def _array_values(stream: io.BufferedReader) -> Iterator[tuple[Any, str]]:
    """Yield the values of an array, with their text; memory holds a block, or the longest value."""
    skip_mark(stream)
    # Invalid bytes become surrogates, which reject their row.
    decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
    text, place, line = "", 0, 1
    while (byte := stream.read(1)).isspace():  # up to the bracket
        line += byte == b"\n"
    is_first = True
    while True:
        place = _end_of_space(text, place)
        if is_first and text[place : place + 1] == "]":
            place += 1
            break
        try:
            value, end = _DECODER.raw_decode(text, place)
            after = _NEXT.match(text, end)
        except (ValueError, RecursionError):
            after = None
        if after:
            yield value, text[place:end]
            place, is_first = after.end(), False
            if after[1] == "]":
                break
            continue
        # The value goes on in the next block, or is damaged. Doubled, so that a long value is not read too often.
        line += text.count("\n", 0, place)
        text, place = text[place:], 0
        block = stream.read(max(BLOCK, len(text)))
        if not block:
            raise ValueError(
                f"{stream.name}: line {line}: no JSON value and no end of the array: {excerpt(text[:40])!r}; repair "
                f"the file, or write one object per line (.jsonl), where a damaged line rejects only itself"
            )
        text += decode(block)
    if rest := (text[place:] + decode(stream.read(), final=True)).strip():
        line += text.count("\n", 0, place)
        raise ValueError(f"{stream.name}: line {line}: text after the array: {excerpt(rest[:40])!r}; remove it")


def _end_of_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    assert found is not None
    return found.end()


def _rows(
    values: Iterable[tuple[Any, str] | Malformed], columns: list[str], score: ScoreColumn | None
) -> Iterator[Row | Malformed]:
    for found in values:
        if isinstance(found, Malformed):
            yield found
            continue
        row, shown = found
        if not isinstance(row, dict):
            yield Malformed("not a JSON object", excerpt(shown))
            continue
        if score is not None and (problem := score_problem(_within(row, str(score.column)), score.min)):
            yield Malformed(problem, excerpt(shown))
        elif isinstance(sides := checked(*(_within(row, column) for column in columns)), Malformed):
            yield Malformed(sides.reason, excerpt(shown))
        else:
            yield sides


def _within(row: Any, path: str) -> Any:
    """Return the value at a key, or at a dotted path into nested objects; None if there is none."""
    if isinstance(row, dict) and path in row:
        return row[path]
    first, _, rest = path.partition(".")
    return _within(row[first], rest) if rest and isinstance(row, dict) and first in row else None
