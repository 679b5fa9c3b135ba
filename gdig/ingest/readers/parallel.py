"""Parallel text in any supported format, read by one function."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from gdig.config import Layout, ScoreColumn
from gdig.ingest.readers.compressed import open_text, text_name
from gdig.ingest.readers.json_ import json_file, json_lines
from gdig.ingest.readers.parquet import parquet
from gdig.ingest.readers.rows import Malformed, Row
from gdig.ingest.readers.text import comma_separated, plain, tsv
from gdig.ingest.readers.tmx import tmx
from gdig.ingest.readers.xliff import xliff
from gdig.run.progress import Meter

FORMATS = {
    ".tsv": "tsv", ".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
    ".tmx": "tmx", ".xlf": "xliff", ".xliff": "xliff",
}  # fmt: skip
"""Format by file name suffix, after the compression suffix is removed."""


def read(paths: list[Path], layout: Layout, meter: Meter) -> Iterator[Row | Malformed]:
    """Return the rows of a parallel file, or of two line-aligned plain files; malformed rows keep their position.

    Checks at once that the layout fits the format; other checks run while rows are read.

    Raises:
        ValueError: the file cannot be read (names it): damage, a wrong member, format or column, or two plain files of
            different length.
    """
    members = layout.member if isinstance(layout.member, list) else [layout.member] * len(paths)
    if len(members) > len(paths):
        paths = paths * len(members)
    form = layout.format or _guess(paths, members)
    return _rows(paths, members, form, _columns(paths, layout, form), layout.score, meter)


def _rows(
    paths: list[Path], members: Sequence[str | None], form: str, columns: Any, score: ScoreColumn | None, meter: Meter
) -> Iterator[Row | Malformed]:
    with ExitStack() as stack:
        if form == "parquet":
            yield from parquet(paths[0], columns, score, meter)
            return
        streams = [
            stack.enter_context(open_text(path, member, meter)) for path, member in zip(paths, members, strict=True)
        ]
        match form:
            case "plain":
                yield from plain(streams[0], streams[1])
            case "tsv":
                yield from tsv(streams[0], columns, score)
            case "csv":
                yield from comma_separated(streams[0], columns, score)
            case "jsonl":
                yield from json_lines(streams[0], columns, score)
            case "json":
                yield from json_file(streams[0], columns, score)
            case "tmx":
                yield from tmx(streams[0], columns)
            case "xliff":
                yield from xliff(streams[0])


def _guess(paths: list[Path], members: Sequence[str | None]) -> str:
    if len(paths) == 2:
        return "plain"
    name = text_name(paths[0], members[0])
    if (suffix := Path(name).suffix.lower()) not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise ValueError(f"{paths[0]}: the suffix of {name!r} says no format; known are {known}; say `format`")
    return FORMATS[suffix]


def _columns(paths: list[Path], layout: Layout, form: str) -> Any:
    """Check that the layout of a source fits its format, and return the two columns."""
    where, columns = f"source {layout.name!r} (format {form})", layout.columns
    if form == "plain" and len(paths) != 2:
        raise ValueError(f"{where}: give two files or two members, source first; for columns in one say format 'tsv'")
    if form != "plain" and len(paths) == 2:
        raise ValueError(f"{where}: two files are two plain files; give one, or say format 'plain'")
    if form == "parquet" and (paths[0].suffix != ".parquet" or layout.member is not None):
        raise ValueError(f"{where}: {paths[0]} must be the .parquet file itself; unpack it")
    if layout.score is not None and form in ("plain", "tmx", "xliff"):
        raise ValueError(f"{where}: has no score to read; leave `score` out")
    if form in ("plain", "xliff"):
        if columns is not None:
            raise ValueError(f"{where}: has no columns to choose; leave `columns` out")
        return None
    wanted: list[Any] = [*(columns or []), *([layout.score.column] if layout.score else [])]
    kinds = {type(column) for column in wanted}
    if form in ("tsv", "csv"):
        remedy = "two names where the file has a header, two numbers from 1 where it has none (score.column likewise)"
    else:
        remedy = "two language codes" if form == "tmx" else "two names; `a.b` is b inside a (score.column likewise)"
    if kinds != {str} and not (kinds == {int} and form in ("tsv", "csv") and min(wanted) >= 1):
        raise ValueError(f"{where}: columns = {columns}; say {remedy}")
    assert columns is not None
    return columns
