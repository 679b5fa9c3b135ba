"""The same 256 seeds through every kind of file: they come back exactly, or the file is refused with the reason."""

import pytest
from openpyxl import load_workbook
from translate.storage import xliff, xliff2

from gdig.io.records import Pair
from gdig.seeds.import_ import import_files
from gdig.seeds.tsv import read_tsv, write_tsv
from gdig.seeds.xliff import read_xliff, write_xliff
from gdig.seeds.xlsx import read_xlsx, write_xlsx
from tests.seeds.conftest import COUNT, libreoffice_table, libreoffice_workbook


def returned(path, task, encoding=None):
    if path.suffix == ".xlsx":
        return read_xlsx(path)
    if path.suffix == ".xlf":
        return read_xliff(path)
    return read_tsv(path, {pair.id: pair for pair in task.drafts}, encoding)


def report_on(path, task, encoding=None):
    return import_files([returned(path, task, encoding)], [], task, partial=False)


def assert_exact(path, task, encoding=None):
    report = report_on(path, task, encoding)
    assert report.problems == []
    assert [Pair(row.id, row.src, row.trg) for row in report.rows] == list(task.drafts)
    assert {row.status for row in report.rows} == {"unchanged"}
    assert [row.reserve for row in report.rows] == [False] * COUNT + [True] * (len(task.drafts) - COUNT)


def as_written(path, handout):
    if path.suffix == ".tsv":
        write_tsv(path, handout)
    elif path.suffix == ".xlsx":
        write_xlsx(path, handout)
    else:
        write_xliff(path, handout, "2.0" if path.stem == "2" else "1.2")


@pytest.mark.parametrize("name", ["seeds.tsv", "seeds.xlsx", "1.xlf", "2.xlf"])
def test_as_written_and_the_same_bytes_again(tmp_path, handout, task, name):
    path = tmp_path / name
    as_written(path, handout)
    assert_exact(path, task)
    before = path.read_bytes()
    as_written(path, handout)
    assert path.read_bytes() == before


def test_a_workbook_saved_by_openpyxl(tmp_path, handout, task):
    path = tmp_path / "seeds.xlsx"
    write_xlsx(path, handout)
    load_workbook(path).save(path)
    assert_exact(path, task)


def test_a_workbook_in_the_form_of_libreoffice(tmp_path, handout, task):
    write_xlsx(tmp_path / "sent.xlsx", handout)
    libreoffice_workbook(tmp_path / "sent.xlsx", tmp_path / "seeds.xlsx", who="A. Reviser")
    assert_exact(tmp_path / "seeds.xlsx", task)
    back = read_xlsx(tmp_path / "seeds.xlsx")
    assert (back.reviser, back.date, back.drafts) == ("A. Reviser", "2025-03-01", handout.drafts)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-mark"])
@pytest.mark.parametrize(
    "form", [{}, {"quote_all": True}, {"delimiter": ";"}, {"delimiter": ",", "quote_all": True, "line_end": "\r\n"}]
)
def test_a_table_in_the_form_of_libreoffice(tmp_path, handout, task, encoding, form):
    write_xlsx(tmp_path / "sent.xlsx", handout)
    text = libreoffice_table(tmp_path / "sent.xlsx", **form)
    content = ("\ufeff" + text).encode("utf-16-be") if encoding == "utf-16-be-mark" else text.encode(encoding)
    (tmp_path / "seeds.tsv").write_bytes(content)
    assert_exact(tmp_path / "seeds.tsv", task)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_our_table_saved_by_an_editor(tmp_path, handout, task, line_end, encoding):
    path = tmp_path / "seeds.tsv"
    write_tsv(path, handout)
    path.write_bytes(path.read_text("utf-8").replace("\n", line_end).encode(encoding))
    assert_exact(path, task)


def test_cp1252_is_refused_with_the_byte_and_accepted_only_if_named(tmp_path, handout, task):
    path = tmp_path / "seeds.tsv"
    write_tsv(path, handout)
    path.write_bytes(path.read_text("utf-8").encode("cp1252", errors="replace"))
    with pytest.raises(ValueError, match="not UTF-8: byte") as error:
        returned(path, task)
    offset = int(str(error.value).split("byte ")[1].split(" ")[0])
    assert path.read_bytes()[offset] >= 0x80
    assert all(byte < 0x80 for byte in path.read_bytes()[:offset])
    problems = report_on(path, task, "cp1252").problems
    assert any("the source was changed" in problem and "emoji" in problem for problem in problems)
    assert not any("hard-0000012" in problem for problem in problems)


@pytest.mark.parametrize(("name", "store"), [("1.xlf", xliff.xlifffile), ("2.xlf", xliff2.Xliff2File)])
def test_xliff_edited_by_an_independent_tool(tmp_path, handout, task, name, store):
    path = tmp_path / name
    as_written(path, handout)
    store.parsefile(str(path)).savefile(str(path))
    assert_exact(path, task)
    document = store.parsefile(str(path))
    units = [unit for unit in document.units if not unit.isheader()]
    assert len(units) == len(task.drafts)
    units[20].target = "mended <text> & more"
    units[21].addnote("rejected: nobody says so", origin="reviser")
    document.savefile(str(path))
    report = report_on(path, task)
    assert report.problems == []
    assert (report.rows[20].status, report.rows[20].trg) == ("edited", "mended <text> & more")
    assert report.rows[21].status == "rejected"
    assert report.rows[21].comment == "rejected: nobody says so"
    rest = [row for n, row in enumerate(report.rows) if n not in (20, 21)]
    assert {row.status for row in rest} == {"unchanged"}
