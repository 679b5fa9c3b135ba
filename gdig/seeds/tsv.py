"""Revision files as tab-separated text: written without quotes, read back as spreadsheets save them."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from gdig.files import write_text
from gdig.seeds.encoding import read_text
from gdig.seeds.header import column_places
from gdig.seeds.rows import COLUMNS, REQUIRED, Handout, Returned, Row, flat, shown, unflat, words


def write_tsv(path: Path, handout: Handout) -> None:
    """Write UTF-8 with a header, nothing quoted; tabs and line feeds inside a text stand as arrows."""
    lines = [COLUMNS]
    for part, pair in handout.rows():
        source, target = flat(shown(pair.src)), flat(shown(pair.trg))
        lines.append((pair.id, source, target, target, "", "", part))
    write_text(path, "".join("\t".join(line) + "\n" for line in lines))


def read_tsv(path: Path, sources: Mapping[str, str], encoding: str | None = None) -> Returned:
    """Read a table separated by tabs, semicolons or commas, with or without quotes.

    Quotation marks may be text or delimiters, and both can be valid: the reading in which more sources are those that
    were sent (`sources`, by id) is taken.

    Raises:
        ValueError: wrong encoding or header.
    """
    text = read_text(path, encoding)
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    table = _quoted(text, delimiter)
    places, warnings = column_places(table[0] if table else [])
    expected = {i: words(source) for i, source in sources.items()}
    readings = [_rows(table[1:], places, len(table[0])), _rows(_plain(text, delimiter)[1:], places, len(table[0]))]
    rows = max(readings, key=lambda rows: sum(words(row.source) == expected.get(row.id) for row in rows))
    return Returned(path, rows, is_plain_table=True, warnings=warnings)


def _plain(text: str, delimiter: str) -> list[list[str]]:
    return [line.removesuffix("\r").split(delimiter) for line in text.split("\n")]


def _quoted(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return _plain(text, delimiter)


def _rows(table: list[list[str]], places: Mapping[str, int], width: int) -> list[Row]:
    rows = []
    for number, fields in enumerate(table, start=2):
        if not any(field.strip() for field in fields):
            continue
        found = {name: unflat(fields[column]) for name, column in places.items() if column < len(fields)}
        fault = ""
        if len(fields) > width or any(name not in found for name in REQUIRED):
            fault = f"{len(fields)} columns instead of {width}; is there a tab, a line break or a lone quotation mark?"
        source, target, status, comment = (found.get(name, "") for name in ("source", "target", "status", "comment"))
        rows.append(Row(f"row {number}", found.get("id", "").strip(), source, target, status, comment, fault))
    return rows
