"""File layouts of a subset: Parquet, JSON lines, Alpaca and ShareGPT; all are written row by row."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gdig.dataset.rows import Row, prompt_of

ROWS_IN_GROUP = 10_000
"""Rows per Parquet row group, in memory at a time."""
SCHEMA = pa.schema(
    {
        "instruction": pa.string(),
        "input": pa.string(),
        "output": pa.string(),
        "id": pa.string(),
        "score": pa.float64(),
        "rank": pa.int64(),
    }
)
SUFFIXES = {"parquet": ".parquet", "jsonl": ".jsonl", "alpaca": ".alpaca.json", "sharegpt": ".sharegpt.json"}


def write_layout(layout: str, path: Path, rows: Iterable[Row]) -> None:
    """Write rows in one of the layouts that `SUFFIXES` names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _WRITERS[layout](path, rows)


def _write_parquet(path: Path, rows: Iterable[Row]) -> None:
    rows = iter(rows)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", write_page_checksum=True) as writer:
        while group := list(islice(rows, ROWS_IN_GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=SCHEMA))


def _write_jsonl(path: Path, rows: Iterable[Row]) -> None:
    _write_lines(path, (f"{_json(row)}\n" for row in rows))


def _write_alpaca(path: Path, rows: Iterable[Row]) -> None:
    _write_list(path, ({key: row[key] for key in ("instruction", "input", "output")} for row in rows))


def _write_sharegpt(path: Path, rows: Iterable[Row]) -> None:
    _write_list(
        path,
        (
            {
                "id": row["id"],
                "conversations": [
                    {"from": "human", "value": prompt_of(row)},
                    {"from": "gpt", "value": row["output"]},
                ],
            }
            for row in rows
        ),
    )


_WRITERS: dict[str, Callable[[Path, Iterable[Row]], None]] = {
    "parquet": _write_parquet,
    "jsonl": _write_jsonl,
    "alpaca": _write_alpaca,
    "sharegpt": _write_sharegpt,
}


def _write_list(path: Path, items: Iterable[Any]) -> None:
    """Write a JSON list, one item per line."""

    def lines() -> Iterator[str]:
        before = "[\n"
        for item in items:
            yield before + _json(item)
            before = ",\n"
        yield "\n]\n"

    _write_lines(path, lines())


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(lines)


# Characters that end a line in Python but not in JSON; control characters are escaped anyway.
_LINE_ENDS = str.maketrans({character: f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029"})


def _json(value: Any) -> str:
    """Return JSON on one line for any definition of line ends."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).translate(_LINE_ENDS)
