import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from gdig.seeds.xlsx import read_xlsx, write_xlsx
from tests.seeds.conftest import handout_of, libreoffice_workbook, small_task

TASK = small_task()


@pytest.fixture
def path(tmp_path):
    write_xlsx(tmp_path / "seeds.xlsx", handout_of(TASK))
    return tmp_path / "seeds.xlsx"


def test_how_the_sheet_looks(path):
    book = load_workbook(path)
    sheet = book["seeds"]
    assert [cell.value for cell in sheet[1]] == [
        "id",
        "source",
        "target",
        "original target",
        "status",
        "comment",
        "part",
    ]
    assert sheet.max_row == 13
    assert sheet.protection.sheet
    assert not sheet.protection.formatColumns
    assert [not cell.protection.locked for cell in sheet[2]] == [False, False, True, False, True, True, False]
    assert {cell.number_format for row in sheet.iter_rows() for cell in row} == {"@"}
    assert sheet["D2"].font.color.rgb == "00808080"
    assert sheet.freeze_panes == "C2"
    choice = sheet.data_validations.dataValidation[0]
    assert (choice.formula1, str(choice.sqref)) == ('"unchanged,edited,rejected"', "E2:E13")
    assert [sheet[f"G{row}"].value for row in (2, 11, 12)] == ["seed", "seed", "reserve"]
    assert "write rejected" in " ".join(cell.value for cell in book["how to"]["A"])


def test_bytes_hold_no_time(path):
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}
    assert read_xlsx(path).date is None


def test_who_and_when_are_those_of_the_workbook(path):
    book = load_workbook(path)
    book.properties.lastModifiedBy = "A. Reviser"
    book.save(path)
    back = read_xlsx(path)
    assert back.reviser == "A. Reviser"
    assert len(back.date) == len("2025-01-01")
    assert back.drafts == handout_of(TASK).drafts


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ('<c r="C2"><f>SUM(A1:A2)</f><v>3</v></c>', "the target is a formula, =SUM(A1:A2); format the cell as text"),
        ('<c r="C2" t="n"><v>7</v></c>', "the target is no text but the value 7, so that 007 would be 7"),
        ('<c r="C2" t="b"><v>1</v></c>', "the target is no text but the value True"),
        ('<c r="C2" t="e"><v>#NAME?</v></c>', "the target is the error #NAME? of a formula"),
        ('<c r="B2"><f>1+1</f><v>2</v></c>', "the source is a formula, =1+1"),
    ],
)
def test_cells_that_are_no_text(path, tmp_path, cell, fault):
    place = cell.split('"')[1]
    libreoffice_workbook(path, tmp_path / "back.xlsx", edits={place: cell})
    rows = read_xlsx(tmp_path / "back.xlsx").rows
    assert fault in rows[0].fault
    assert {row.fault for row in rows[1:]} == {""}


def test_line_ends_that_excel_escapes(path, tmp_path):
    edits = {"C2": '<c r="C2" t="inlineStr"><is><t>one_x000D_\ntwo</t></is></c>'}
    libreoffice_workbook(path, tmp_path / "back.xlsx", edits=edits)
    assert read_xlsx(tmp_path / "back.xlsx").rows[0].target == "one\r\ntwo"


def test_status_and_comment_may_be_numbers(path, tmp_path):
    edits = {"E2": '<c r="E2" t="n"><v>1</v></c>', "F2": '<c r="F2" t="n"><v>5</v></c>'}
    libreoffice_workbook(path, tmp_path / "back.xlsx", edits=edits)
    row = read_xlsx(tmp_path / "back.xlsx").rows[0]
    assert (row.status, row.comment, row.fault) == ("1", "5", "")


def test_another_sheet_name_and_empty_rows(tmp_path):
    book = Workbook()
    book.active.append(["id", "source", "target"])
    book.active.append([])
    book.active.append(["s-0", "a", "b"])
    book.save(tmp_path / "a.xlsx")
    assert [(row.place, row.id) for row in read_xlsx(tmp_path / "a.xlsx").rows] == [("row 3", "s-0")]


def test_what_is_no_workbook(path, tmp_path):
    whole = path.read_bytes()
    for content in (b"", b"id\tsource\ttarget\n", whole[: len(whole) // 2], whole[:-30]):
        (tmp_path / "bad.xlsx").write_bytes(content)
        with pytest.raises(ValueError, match="not an XLSX workbook"):
            read_xlsx(tmp_path / "bad.xlsx")
    Workbook().save(tmp_path / "bad.xlsx")
    with pytest.raises(ValueError, match=r"the header has no column 'id', 'source', 'target' \(found: nothing\)"):
        read_xlsx(tmp_path / "bad.xlsx")
