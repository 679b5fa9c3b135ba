"""Tables as XLSX workbooks: text cells, locked except for some columns; returned formulas and numbers are errors."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from gdig.io.files import atomic_file
from gdig.seeds.sheets.table import Column, Known, Line, Table, column_places
from gdig.seeds.sheets.texts import shown

WRITTEN = datetime(2000, 1, 1)
"""Fixed timestamp of written workbooks, so that equal tables give equal bytes; saving replaces it."""

_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True)
class SavedBook:
    """A returned workbook."""

    table: Table
    properties: Mapping[str, str]
    """Custom properties."""
    saved_by: str | None
    saved_on: str | None
    """YYYY-MM-DD; None if the workbook was not saved again."""


def write_book(
    path: Path,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    how_to: Sequence[str],
    properties: Mapping[str, str],
) -> None:
    """Write a workbook with a protected sheet of rows and a sheet of instructions."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    for number, row in enumerate([[column.name for column in columns], *rows], start=1):
        for column, text in enumerate(row, start=1):
            _put(sheet, number, column, shown(text))
    _lay_out(sheet, columns)
    guide = book.create_sheet("how to")
    for number, line in enumerate(how_to, start=1):
        _put(guide, number, 1, line)
    guide.column_dimensions["A"].width = 100
    for name, value in properties.items():
        book.custom_doc_props.append(StringProperty(name=name, value=value))  # type: ignore[attr-defined]
    said = book.properties
    said.creator, said.created, said.modified = "G-DIG", WRITTEN, WRITTEN
    with atomic_file(path) as temporary:
        temporary.write_bytes(_archive(book))


def _put(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """Write a text cell that is never converted to a formula, number or date."""
    cell = sheet.cell(row, column)
    cell.value = _ESCAPE.sub("_x005F_", text) or None
    if text:
        cell.data_type = "s"
    cell.number_format = "@"
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _lay_out(sheet: Worksheet, columns: Sequence[Column]) -> None:
    grey, locked = Font(color="808080"), PatternFill("solid", fgColor="F2F2F2")
    for number, column in enumerate(columns, start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = column.width
        sheet.cell(1, number).font = Font(bold=True)
        for row in range(2, sheet.max_row + 1):
            cell = sheet.cell(row, number)
            if column.is_editable:
                cell.protection = Protection(locked=False)
            else:
                cell.fill = locked
            if column.is_grey:
                cell.font = grey
        if column.choices:
            choice = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
            choice.add(f"{letter}2:{letter}{sheet.max_row}")
            sheet.add_data_validation(choice)
    sheet.freeze_panes = "C2"
    sheet.protection.sheet = True
    for allowed in ("formatColumns", "formatRows", "formatCells"):
        setattr(sheet.protection, allowed, False)  # False: not protected against


def _archive(book: Workbook) -> bytes:
    """Return the workbook's bytes, without timestamps."""
    raw, fixed = io.BytesIO(), io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(raw, "w")).save()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def read_book(path: Path, title: str, known: Known) -> SavedBook:
    """Read a returned workbook: the sheet with that title, or the first one.

    Raises:
        ValueError: the file is not a workbook, or has no sheet with the required columns.
    """
    content = path.read_bytes()
    try:
        book = load_workbook(io.BytesIO(content))
        sheet = book[title] if title in book.sheetnames else book.worksheets[0]
    except Exception:  # openpyxl raises many types for a damaged part: IndexError, OSError, ...
        raise ValueError("not an XLSX workbook, or a damaged one; save it again as .xlsx") from None
    cells = list(sheet.iter_rows())
    places, warnings = column_places([str(cell.value or "") for cell in cells[0]] if cells else [], known)
    lines = []
    for number, row in enumerate(cells[1:], start=2):
        found = {name: row[column] for name, column in places.items()}
        if any(found[name].value is not None for name in known.required):
            lines.append(_line(f"row {number}", found))
    said = book.properties
    changed = said.modified if said.modified not in (None, WRITTEN) else None
    return SavedBook(
        Table(lines, warnings),
        {item.name: str(item.value) for item in book.custom_doc_props.props},  # type: ignore[attr-defined]
        said.lastModifiedBy or None,
        changed.date().isoformat() if changed else None,
    )


def _line(place: str, cells: Mapping[str, Any]) -> Line:
    faults = {name: fault for name, cell in cells.items() if (fault := _fault(name, cell))}
    return Line(place, {name: _text(cell.value) for name, cell in cells.items()}, faults)


def _text(value: Any) -> str:
    """Return a cell's text, with XLSX escapes decoded."""
    return "" if value is None else str(value).replace("_x005F_", "_").replace("_x000D_", "\r")


def _fault(name: str, cell: Any) -> str:
    if cell.value is None or cell.data_type == "s":
        return ""
    if cell.data_type == "f":
        formula = getattr(cell.value, "text", cell.value)
        return f"the {name} is a formula, {formula}; format the cell as text and type it again"
    if cell.data_type == "e":
        return f"the {name} is the error {cell.value} of a formula; format the cell as text and type it again"
    return (
        f"the {name} is no text but the value {cell.value}, so that 007 would be 7; format the cell as text and type "
        f"it again"
    )
