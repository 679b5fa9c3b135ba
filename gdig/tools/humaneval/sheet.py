"""A rater's sheet as a file: XLSX or tab-separated text."""

from pathlib import Path

from gdig.seeds.sheets.table import Line, Table
from gdig.seeds.sheets.texts import words
from gdig.seeds.sheets.tsv import read_table, write_table
from gdig.seeds.sheets.xlsx import read_book, write_book
from gdig.tools.humaneval.campaign import Campaign
from gdig.tools.humaneval.layout import HOW_TO, columns_of, known_columns, texts_of

TITLE = "translations"
FORMATS = {"xlsx": (".xlsx",), "tsv": (".tsv", ".csv", ".txt")}
"""Suffixes per format; the first is written, all are read."""


def format_of(path: Path) -> str:
    """Return the format of a file.

    Raises:
        ValueError: the suffix is unknown.
    """
    for kind, endings in FORMATS.items():
        if path.suffix.casefold() in endings:
            return kind
    known = " ".join(ending for endings in FORMATS.values() for ending in endings)
    raise ValueError(f"{path}: unknown suffix; save the file as one of {known}")


def write_sheet(path: Path, campaign: Campaign, rater: int) -> int:
    """Write the rows of one rater, without the key; return their number."""
    columns, segments = columns_of(campaign), campaign.by_segment()
    rows = []
    for item in campaign.items:
        if item.rater == rater:
            texts = {"id": item.id, **texts_of(campaign, item, segments[item.segment])}
            rows.append([texts.get(column.name, "") for column in columns])
    if format_of(path) == "xlsx":
        write_book(path, TITLE, columns, rows, HOW_TO[campaign.kind], {})
    else:
        write_table(path, [column.name for column in columns], rows)
    return len(rows)


def read_sheet(path: Path, campaign: Campaign, encoding: str | None) -> Table:
    """Read a returned sheet.

    Raises:
        ValueError: the format, encoding or header is wrong.
    """
    if format_of(path) == "xlsx":
        return read_book(path, TITLE, known_columns(campaign)).table
    segments = campaign.by_segment()
    sent = {
        item.id: {name: words(text) for name, text in texts_of(campaign, item, segments[item.segment]).items()}
        for item in campaign.items
    }

    def is_as_sent(line: Line) -> bool:
        expected = sent.get(line.texts.get("id", "").strip(), {})
        return bool(expected) and all(words(line.texts.get(name, "")) == text for name, text in expected.items())

    return read_table(path, known_columns(campaign), is_as_sent, encoding)
