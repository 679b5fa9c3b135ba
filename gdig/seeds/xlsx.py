"""Revision files as XLSX workbooks."""

from pathlib import Path

from gdig.seeds.rows import COLUMNS, HOW_TO, KNOWN, STATUSES, Handout, Returned, row_of
from gdig.seeds.sheets.table import Column
from gdig.seeds.sheets.xlsx import read_book, write_book

SHEET = "seeds"
DIGEST = "gdig drafts"
WIDTHS = (18, 60, 60, 60, 12, 30, 9)
EDITABLE = ("target", "status", "comment")


def write_xlsx(path: Path, handout: Handout) -> None:
    """Write a workbook with one row per draft."""
    columns = [
        Column(name, width, name in EDITABLE, name == "original target", STATUSES if name == "status" else ())
        for name, width in zip(COLUMNS, WIDTHS, strict=True)
    ]
    write_book(path, SHEET, columns, list(handout.cells()), HOW_TO, {DIGEST: handout.drafts})


def read_xlsx(path: Path) -> Returned:
    """Read a returned workbook.

    Raises:
        ValueError: the file is not a workbook, or has no sheet with the required columns.
    """
    book = read_book(path, SHEET, KNOWN)
    return Returned(
        path,
        list(map(row_of, book.table.lines)),
        reviser=book.saved_by,
        date=book.saved_on,
        drafts=book.properties.get(DIGEST),
        warnings=book.table.warnings,
    )
