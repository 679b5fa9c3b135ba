"""Revision files as XLSX workbooks: all cells text, sources locked; formulas and numbers are refused on return."""

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from gdig.files import atomic_file
from gdig.seeds.header import column_places
from gdig.seeds.rows import COLUMNS, HOW_TO, STATUSES, Handout, Returned, Row, shown

SHEET = "seeds"
DIGEST = "gdig drafts"
WIDTHS = (18, 60, 60, 60, 12, 30, 9)
EDITABLE = ("target", "status", "comment")
WRITTEN = datetime(2000, 1, 1)
"""Time that is written into workbooks, so that equal drafts give equal bytes; revising replaces it."""

_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def write_xlsx(path: Path, handout: Handout) -> None:
    """Write a workbook with a protected sheet of rows and a sheet that says what to do."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    _fill(sheet, handout)
    _lay_out(sheet)
    guide = book.create_sheet("how to")
    for number, line in enumerate(HOW_TO, start=1):
        _put(guide, number, 1, line)
    guide.column_dimensions["A"].width = 100
    book.custom_doc_props.append(StringProperty(name=DIGEST, value=handout.drafts))  # type: ignore[attr-defined]
    properties = book.properties
    properties.creator, properties.created, properties.modified = "G-DIG", WRITTEN, WRITTEN
    with atomic_file(path) as temporary:
        temporary.write_bytes(_archive(book))


def _fill(sheet: Worksheet, handout: Handout) -> None:
    for column, name in enumerate(COLUMNS, start=1):
        _put(sheet, 1, column, name)
    for number, (part, pair) in enumerate(handout.rows(), start=2):
        target = shown(pair.trg)
        for column, text in enumerate((pair.id, shown(pair.src), target, target, "", "", part), start=1):
            _put(sheet, number, column, text)


def _put(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """Write a text that stays one: no formula, number or date is made of it."""
    cell = sheet.cell(row, column)
    cell.value = _ESCAPE.sub("_x005F_", text) or None
    if text:
        cell.data_type = "s"
    cell.number_format = "@"
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _lay_out(sheet: Worksheet) -> None:
    grey, locked = Font(color="808080"), PatternFill("solid", fgColor="F2F2F2")
    for column, (name, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True), start=1):
        sheet.column_dimensions[chr(ord("A") + column - 1)].width = width
        sheet.cell(1, column).font = Font(bold=True)
        for row in range(2, sheet.max_row + 1):
            cell = sheet.cell(row, column)
            if name in EDITABLE:
                cell.protection = Protection(locked=False)
            else:
                cell.fill = locked
            if name == "original target":
                cell.font = grey
    sheet.freeze_panes = "C2"
    status = chr(ord("A") + COLUMNS.index("status"))
    choice = DataValidation(type="list", formula1=f'"{",".join(STATUSES)}"', allow_blank=True)
    choice.add(f"{status}2:{status}{sheet.max_row}")
    sheet.add_data_validation(choice)
    sheet.protection.sheet = True
    for allowed in ("formatColumns", "formatRows", "formatCells"):
        setattr(sheet.protection, allowed, False)  # False: not protected against


def _archive(book: Workbook) -> bytes:
    """Return the workbook's bytes, which hold neither the time of writing nor that of any part."""
    raw, fixed = io.BytesIO(), io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(raw, "w")).save()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def read_xlsx(path: Path) -> Returned:
    """Read a returned workbook.

    Raises:
        ValueError: no workbook, or no sheet with the columns that are needed.
    """
    content = path.read_bytes()
    try:
        book = load_workbook(io.BytesIO(content))
        sheet = book[SHEET] if SHEET in book.sheetnames else book.worksheets[0]
    except Exception:  # openpyxl lets through whatever goes wrong in a damaged part: IndexError, OSError, ...
        raise ValueError("not an XLSX workbook, or a damaged one; save it again as .xlsx") from None
    cells = list(sheet.iter_rows())
    places, warnings = column_places([str(cell.value or "") for cell in cells[0]] if cells else [])
    rows = []
    for number, line in enumerate(cells[1:], start=2):
        found = {name: line[column] for name, column in places.items()}
        if any(found[name].value is not None for name in ("id", "source", "target")):
            rows.append(_row(f"row {number}", found))
    properties = book.properties
    changed = properties.modified if properties.modified not in (None, WRITTEN) else None
    properties_of_ours = book.custom_doc_props.props  # type: ignore[attr-defined]
    digest = next((item.value for item in properties_of_ours if item.name == DIGEST), None)
    return Returned(
        path,
        rows,
        reviser=properties.lastModifiedBy or None,
        date=changed.date().isoformat() if changed else None,
        drafts=digest,
        warnings=warnings,
    )


def _row(place: str, cells: dict[str, Any]) -> Row:
    texts = {name: _text(cell.value) for name, cell in cells.items()}
    fault = next((found for name in ("id", "source", "target") if (found := _fault(name, cells[name]))), "")
    return Row(
        place,
        texts["id"].strip(),
        texts["source"],
        texts["target"],
        texts.get("status", ""),
        texts.get("comment", ""),
        fault,
    )


def _text(value: Any) -> str:
    """Return a cell's text, with the line ends and underscores that XLSX escapes."""
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
