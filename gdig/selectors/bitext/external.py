"""Scores of pairs that other tools wrote: read, checked against the pool, and several files taken together.

A file holds one score per pair of the pool, in one of these forms, by its suffix:

    .tsv, .txt       id <TAB> score, with or without the header `id <TAB> score`
    .jsonl           {"id": ..., "score": ...}
    .parquet         columns `id` and `score`
"""

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

SUFFIXES = (".tsv", ".txt", ".jsonl", ".parquet")
_NUM_SHOWN = 3


def score_files(given: Path, names: Collection[str]) -> dict[str, Path]:
    """Return the files of scores by name: `given` itself, or those in it where it is a folder.

    Raises:
        ValueError: nothing is at `given`, or the files are not those that `names` lists.
    """
    if not given.exists():
        raise ValueError(
            f"external.scores: there is nothing at {given}; put a file of scores there, or a folder of some"
        )
    found = {path.name: path for path in (sorted(given.iterdir()) if given.is_dir() else [given])}
    for name in found:
        if name not in names:
            raise ValueError(
                f"external.files does not list {found[name]}; say which scores are better, tool and licence"
            )
    for name in names:
        if name not in found:
            raise ValueError(f"external.files lists {name!r}, but {given} has {', '.join(found) or 'no file'}")
    return found


def read_scores(path: Path, pool: Collection[str]) -> dict[str, float]:
    """Return the score of every pair of the pool.

    Args:
        path: of a file in a form of this module.
        pool: ids.

    Raises:
        ValueError: another form; a row that is no id and number; an id that repeats or is not of the pool; a pair
            without a score. Names the file and the row.
    """
    known = pool if isinstance(pool, set | frozenset) else set(pool)
    scores: dict[str, float] = {}
    row_of: dict[str, int] = {}
    for number, i, value in _rows(path):
        where = f"{path}, row {number}"
        if i in row_of:
            raise ValueError(f"{where}: id {i!r} repeats row {row_of[i]}; keep one")
        if i not in known:
            raise ValueError(f"{where}: id {i!r} is of no pair of the pool; export the pool again, or take the row out")
        if not math.isfinite(value):
            raise ValueError(f"{where}: the score of {i!r} is {value}; give it a number, as low as it deserves")
        scores[i], row_of[i] = value, number
    if missing := sorted(known - scores.keys()):
        some = ", ".join(missing[:_NUM_SHOWN])
        raise ValueError(
            f"{path}: {len(missing)} of the {len(known)} pairs of the pool have no score, such as {some}; score them"
        )
    return scores


def together(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return one score per pair, higher = better: the scores of one file, or the mean relative rank of several.

    Args:
        scores: of each file, by id, higher = better; all of the same ids.
    """
    if len(scores) == 1:
        return dict(scores[0])
    ids = sorted(scores[0])
    ranks_FN = np.array([rankdata([own[i] for i in ids]) for own in scores])
    return dict(zip(ids, (ranks_FN.mean(axis=0) / len(ids)).tolist(), strict=True))


def _rows(path: Path) -> Iterator[tuple[int, str, float]]:
    """Yield number, id and score of each row."""
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: scores are in files that end with {', '.join(SUFFIXES)}")
    rows = _parquet(path) if path.suffix == ".parquet" else _lines(path)
    for number, i, value in rows:
        if not isinstance(i, str) or not i:
            raise ValueError(f"{path}, row {number}: {i!r} is no id")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{path}, row {number}: {value!r} is no number")
        yield number, i, float(value)


def _lines(path: Path) -> Iterator[tuple[int, Any, Any]]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                text = line.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise ValueError(f"{path}, row {number}: invalid UTF-8 at byte {error.start}") from None
            if number == 1:
                text = text.removeprefix("\ufeff")
            if path.suffix == ".jsonl":
                yield number, *_of_json(text, f"{path}, row {number}")
            elif not (number == 1 and text.split("\t") == ["id", "score"]):
                yield number, *_of_table(text, f"{path}, row {number}")


def _of_json(text: str, where: str) -> tuple[Any, Any]:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where}: not JSON: {error}") from None
    if not isinstance(row, dict) or not {"id", "score"} <= row.keys():
        raise ValueError(f"{where}: {text[:60]!r} is no object with id and score")
    return row["id"], row["score"]


def _of_table(text: str, where: str) -> tuple[str, float]:
    fields = text.split("\t")
    if len(fields) != 2:
        raise ValueError(f"{where}: {text[:60]!r} is not an id, a tab and a score")
    try:
        return fields[0], float(fields[1])
    except ValueError:
        raise ValueError(f"{where}: {fields[1]!r} is no number") from None


def _parquet(path: Path) -> Iterator[tuple[int, Any, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise ValueError(f"{path}: {error}") from None
    with table:
        if not {"id", "score"} <= set(table.schema_arrow.names):
            raise ValueError(f"{path}: its columns are {', '.join(table.schema_arrow.names)}, not id and score")
        number = 0
        for batch in table.iter_batches(columns=["id", "score"]):
            for i, value in zip(batch.column("id").to_pylist(), batch.column("score").to_pylist(), strict=True):
                number += 1
                yield number, i, value
