"""Pairs from local parallel files: TSV (also .gz), JSON lines, Parquet, or two plain files in step."""

import gzip
import json
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from gdig.config import DataFile, Files, Pool
from gdig.data.sources.raw import RawData
from gdig.files import digest
from gdig.order import shuffled
from gdig.records import Pair

Row = tuple[str, str]
"""Source and target text."""


def read(pool: Pool, files: Files) -> RawData:
    """Read `files.train` and `files.test` and split the train pairs by a seeded permutation of their row numbers.

    The split order is valid, held-out, base text, pool: a larger pool leaves the others as they were.

    Raises:
        ValueError: an unreadable or malformed file, a wrong hash, or too few rows for the numbers in `pool`.
    """
    assert files.train is not None
    assert files.test is not None
    train = _pairs("train", files.train, files)
    test = _pairs("test", files.test, files)
    if pool.num_test is not None:
        if pool.num_test > len(test):
            raise ValueError(f"pool.num_test = {pool.num_test}, but {files.test.path} has {len(test)} rows")
        test = test[: pool.num_test]

    sizes = {
        "num_valid": pool.num_valid,
        "num_heldout": pool.num_heldout,
        "num_base_text": pool.num_base_text,
        "num_pool": pool.num_pool,
    }
    if sum(sizes.values()) > len(train):
        wanted = " + ".join(f"pool.{key} {size}" for key, size in sizes.items())
        raise ValueError(f"{files.train.path} has {len(train)} rows, but {wanted} = {sum(sizes.values())}; lower one")
    by_id = {pair.id: pair for pair in train}
    queue = iter(shuffled(by_id, pool.seed))
    parts = {key: [by_id[next(queue)] for _ in range(size)] for key, size in sizes.items()}
    return RawData(
        pool=parts["num_pool"],
        heldout=parts["num_heldout"],
        valid=parts["num_valid"],
        test=test,
        base_text=parts["num_base_text"],
        origin=dict.fromkeys(by_id, "train"),
        provenance={
            "source": "files",
            "train": _provenance(files.train, len(train)),
            "test": _provenance(files.test, len(test)),
        },
    )


def read_parallel(file: DataFile, files: Files) -> Iterator[Row]:
    """Yield the rows of a parallel file, in order.

    Lines end at `\\n` alone: a side may hold U+2028, U+0085 or a carriage return without shifting the alignment.

    Raises:
        ValueError: names the file and the row (from 1, after a header) of a missing side, invalid UTF-8 (with its
            byte offset) or a malformed line; a missing column; two files of different length.
    """
    if isinstance(file.path, list):
        yield from _two_files(Path(file.path[0]), Path(file.path[1]))
        return
    path = Path(file.path)
    name = path.name.removesuffix(".gz")
    reader = _READERS.get(Path(name).suffix)
    if reader is None:
        raise ValueError(f"{path}: unknown kind of file; known are {', '.join(_READERS)} (text kinds also as .gz)")
    number = 0
    for number, (src, trg) in enumerate(reader(path, files), start=1):
        for side, text in ((files.source_column, src), (files.target_column, trg)):
            if not isinstance(text, str) or not text.strip():
                raise ValueError(f"{path}: row {number} has no text in {side!r}; remove or mend the row")
        yield src, trg
    if not number:
        raise ValueError(f"{path}: the file has no rows")


def _pairs(part: str, file: DataFile, files: Files) -> list[Pair]:
    for path, expected in zip(_as_list(file.path), _as_list(file.sha256), strict=True):
        if not Path(path).is_file():
            raise ValueError(f"files.{part}: there is no file {path}; paths are relative to the repository root")
        if expected is not None and (actual := digest(Path(path))) != expected:
            raise ValueError(f"files.{part}: {path} has sha256 {actual}, but the profile says {expected}")
    return [
        Pair(f"{part}-{number:09d}", src, trg) for number, (src, trg) in enumerate(read_parallel(file, files), start=1)
    ]


def _as_list(value: str | list[str] | None) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _provenance(file: DataFile, num_rows: int) -> dict[str, Any]:
    paths = [Path(path) for path in _as_list(file.path)]
    return {"files": [{"name": path.name, "sha256": digest(path)} for path in paths], "rows": num_rows}


def _lines(path: Path) -> Iterator[str]:
    """Yield lines without their `\\n`."""
    offset = 0
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        try:
            for raw in stream:
                yield raw.removesuffix(b"\n").decode("utf-8")
                offset += len(raw)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path}: invalid UTF-8 at byte {offset + error.start} of the text; convert the file to UTF-8"
            ) from None
        except (EOFError, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}: damaged gzip file after {offset} bytes of text: {error}") from None


def _tsv(path: Path, files: Files) -> Iterator[Row]:
    lines = _lines(path)
    header = next(lines, "").removeprefix("\ufeff").removesuffix("\r").split("\t")
    src, trg = (_column(path, header, column) for column in (files.source_column, files.target_column))
    for number, line in enumerate(lines, start=1):
        fields = line.removesuffix("\r").split("\t")
        if len(fields) != len(header):
            raise ValueError(f"{path}: row {number} has {len(fields)} columns, but the header has {len(header)}")
        yield fields[src], fields[trg]


def _jsonl(path: Path, files: Files) -> Iterator[Row]:
    for number, line in enumerate(_lines(path), start=1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}: row {number} is not JSON: {error}") from None
        if not isinstance(row, dict):
            raise ValueError(f"{path}: row {number} is not a JSON object")
        yield row.get(files.source_column, ""), row.get(files.target_column, "")


def _parquet(path: Path, files: Files) -> Iterator[Row]:
    table = pq.ParquetFile(path)
    names = table.schema_arrow.names
    columns = [names[_column(path, names, name)] for name in (files.source_column, files.target_column)]
    for batch in table.iter_batches(columns=columns):
        yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


def _column(path: Path, header: list[str], name: str) -> int:
    if header.count(name) != 1:
        raise ValueError(f"{path}: no single column {name!r} among {header}; set files.source_column or target_column")
    return header.index(name)


def _two_files(source: Path, target: Path) -> Iterator[Row]:
    number = 0
    for number, (src, trg) in enumerate(zip_longest(_lines(source), _lines(target)), start=1):
        for path, text in ((source, src), (target, trg)):
            if text is None:
                raise ValueError(f"{path}: ends after {number - 1} lines, but its partner has more")
            if not text.strip():
                raise ValueError(f"{path}: line {number} is empty; remove it from both files")
        yield src, trg
    if not number:
        raise ValueError(f"{source}: the file has no rows")


_READERS: dict[str, Callable[[Path, Files], Iterator[Row]]] = {
    ".tsv": _tsv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
