"""Rows of the Arrow tables of Parquet files and datasets."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gdig.config import ScoreColumn
from gdig.ingest.readers.rows import Malformed, Row, checked, column_index, excerpt, score_problem


def table_rows(table: Any, columns: list[str], score: ScoreColumn | None, file: str) -> Iterator[Row | Malformed]:
    """Yield the rows of a table or record batch; columns are names, or dotted paths into structs.

    Raises:
        ValueError: a column is missing (lists the columns) or is not text (names its type).
    """
    sides = [_texts(_column(table, column, file), column, file) for column in columns]
    scores = _column(table, str(score.column), file).to_pylist() if score else [None] * len(table)
    for number, (src, trg) in enumerate(zip(*sides, strict=True)):
        if score is not None and (problem := score_problem(scores[number], score.min)):
            yield Malformed(problem, excerpt(f"{src!r} | {trg!r}"))
            continue
        try:
            yield checked(*(side.decode() if side is not None else None for side in (src, trg)))
        except UnicodeDecodeError as error:
            yield Malformed("invalid UTF-8", excerpt(f"byte {error.start} of a side: {src!r} | {trg!r}"))


def _column(table: Any, column: str, file: str) -> Any:
    names = table.schema.names
    first, _, rest = column.partition(".")
    if column in names or not rest:
        return table.column(column_index(names, column, file))
    values = table.column(column_index(names, first, file))
    for name in rest.split("."):
        if pa.types.is_null(values.type):
            return values
        if not pa.types.is_struct(values.type):
            raise ValueError(f"{file}: column {column!r}: {first!r} is {values.type}, which has no columns inside")
        column_index([field.name for field in values.type], name, f"{file}: in column {first!r}")
        values = pc.struct_field(values, [name])
    return values


def _texts(values: Any, column: str, file: str) -> list[bytes | None]:
    """Return text as bytes: a text column may hold invalid UTF-8, which must reject the row and not the file."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if values.null_count == len(values):
        # A library that infers types gives a column without any text another type.
        return [None] * len(values)
    kind = values.type
    is_text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
    if not any(test(kind) for test in is_text):
        raise ValueError(f"{file}: column {column!r} is {kind}, not text; set `columns` to two columns of text")
    texts: list[bytes | None] = values.cast(pa.large_binary()).to_pylist()
    return texts
