"""Rows and pairs as JSON lines, keyed by id."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gdig.io.files import atomic_file, to_json

CLEAN = "clean"
"""Noise kind of a pair in which nothing was planted."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A source sentence and its translation; `id` names the pair in every artifact."""

    id: str
    src: str
    trg: str


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines whose `id`s are unique.

    Raises:
        ValueError: an empty file, a line that is no object, or a missing or repeated id; names file and line.
    """
    rows = [row for _, row in _numbered_rows(path)]
    if not rows:
        raise ValueError(f"{path}: the file is empty; the stage that writes it has kept nothing")
    return rows


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write JSON lines atomically, keys sorted.

    Raises:
        ValueError: a value is NaN or infinite; names file, row and key.
    """
    with atomic_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(to_json(row, f"{path}: row {row.get('id')}") + "\n" for row in rows)


def read_pairs(path: Path) -> list[Pair]:
    """Read pairs from JSON lines with string fields `id`, `src` and `trg`.

    Raises:
        ValueError: as `read_rows`, or a missing, empty or non-string side.
    """
    pairs = []
    for number, row in _numbered_rows(path):
        for side in ("src", "trg"):
            if not isinstance(row.get(side), str) or not row[side]:
                raise ValueError(f"{path}:{number}: {row['id']} has no text in {side!r}")
        pairs.append(Pair(row["id"], row["src"], row["trg"]))
    if not pairs:
        raise ValueError(f"{path}: the file is empty; no pairs to work on")
    return pairs


def write_pairs(path: Path, pairs: Iterable[Pair]) -> None:
    """Write pairs as JSON lines, atomically."""
    write_rows(path, map(asdict, pairs))


def select(pairs: Iterable[Pair], ids: Iterable[str]) -> list[Pair]:
    """Return the pairs with these ids, in the order of `ids`."""
    by_id = {pair.id: pair for pair in pairs}
    return [by_id[i] for i in ids]


def parse_pair(path: Path, number: int, line: bytes) -> Pair:
    """Return the pair of one line (numbered from 1, for errors); a side may be empty.

    Raises:
        ValueError: a line that is no object, or has no string `id`, `src` or `trg`; names file and line.
    """
    row = _parse(path, number, line)
    for side in ("src", "trg"):
        if not isinstance(row.get(side), str):
            raise ValueError(f"{path}:{number}: {row['id']} has no text in {side!r}")
    return Pair(row["id"], row["src"], row["trg"])


def _numbered_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    seen: dict[str, int] = {}
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            row = _parse(path, number, line)
            if row["id"] in seen:
                raise ValueError(f"{path}:{number}: id {row['id']!r} repeats line {seen[row['id']]}")
            seen[row["id"]] = number
            yield number, row


def _parse(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}:{number}: invalid UTF-8 at byte {error.start} of the line") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}:{number}: not JSON: {error}") from None
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        raise ValueError(f"{path}:{number}: every line must be an object with a string 'id'")
    return row


def corpus_of(pair_id: str) -> str:
    """Return the name of the source that a pair came from: its id up to the last `-`."""
    return pair_id.rpartition("-")[0]
