"""Tables as tab-separated text: written without quotes, read as spreadsheets save them."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from gdig.io.files import write_text
from gdig.seeds.sheets.encoding import read_text
from gdig.seeds.sheets.table import Known, Line, Table, column_places
from gdig.seeds.sheets.texts import flat, shown, unflat


def write_table(path: Path, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write UTF-8 with a header and without quotes; arrows replace tabs and line feeds inside texts."""
    lines = [names, *([flat(shown(text)) for text in row] for row in rows)]
    write_text(path, "".join("\t".join(line) + "\n" for line in lines))


def read_table(path: Path, known: Known, is_as_sent: Callable[[Line], bool], encoding: str | None = None) -> Table:
    """Read a table separated by tabs, semicolons or commas, with or without quotes.

    Quotation marks may be text or delimiters, and both parses can be valid: the one with more lines as sent is used.

    Raises:
        ValueError: wrong encoding or header.
    """
    text = read_text(path, encoding)
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    table = _quoted(text, delimiter)
    header = table[0] if table else []
    places, warnings = column_places(header, known)
    readings = [_lines(rows[1:], places, known, len(header)) for rows in (table, _plain(text, delimiter))]
    return Table(max(readings, key=lambda lines: sum(map(is_as_sent, lines))), warnings)


def _plain(text: str, delimiter: str) -> list[list[str]]:
    return [line.removesuffix("\r").split(delimiter) for line in text.split("\n")]


def _quoted(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return _plain(text, delimiter)


def _lines(table: list[list[str]], places: Mapping[str, int], known: Known, width: int) -> list[Line]:
    lines = []
    for number, fields in enumerate(table, start=2):
        if not any(field.strip() for field in fields):
            continue
        found = {name: unflat(fields[column]) for name, column in places.items() if column < len(fields)}
        fault = ""
        if len(fields) > width or any(name not in found for name in known.required):
            fault = f"{len(fields)} columns instead of {width}; is there a tab, a line break or a lone quotation mark?"
        lines.append(Line(f"row {number}", found, {}, fault))
    return lines
