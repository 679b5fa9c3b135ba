"""Revision files opened and saved by LibreOffice Calc itself, where it is installed."""

import shutil
import subprocess

import pytest

from gdig.seeds.tsv import write_tsv
from gdig.seeds.xlsx import read_xlsx, write_xlsx
from tests.seeds.test_round_trip import assert_exact, report_on, returned

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed"),
]

UTF_8, UTF_16, CP1252 = 76, 65535, 1
"""LibreOffice's numbers of encodings."""
QUOTED, TEXT = 34, "1/2/2/2/3/2/4/2/5/2/6/2/7/2"
"""The quotation mark as text delimiter; all seven columns as text."""


@pytest.fixture(scope="session")
def save(tmp_path_factory):
    """Return what opens a file and saves it as XLSX or as a table with tabs."""
    home = tmp_path_factory.mktemp("libreoffice")

    def save(path, out, *, encoding=None, opened_as=None):
        kind = "xlsx" if encoding is None else f"csv:Text - txt - csv (StarCalc):9,34,{encoding},1,,0,false,true,false"
        command = ["soffice", f"-env:UserInstallation=file://{home}", "--headless"]
        command += [f"--infilter=CSV:9,{opened_as}"] if opened_as else []
        subprocess.run([*command, "--convert-to", kind, "--outdir", out, path], check=True, capture_output=True)
        return out / f"{path.stem}.{'xlsx' if encoding is None else 'csv'}"

    return save


@pytest.fixture
def workbook(tmp_path, handout):
    write_xlsx(tmp_path / "seeds.xlsx", handout)
    return tmp_path / "seeds.xlsx"


@pytest.fixture
def table(tmp_path, handout):
    write_tsv(tmp_path / "seeds.tsv", handout)
    return tmp_path / "seeds.tsv"


def test_a_workbook_saved_as_workbook(save, workbook, task, handout, tmp_path):
    saved = save(workbook, tmp_path / "out")
    assert_exact(saved, task)
    assert read_xlsx(saved).drafts == handout.drafts


@pytest.mark.parametrize("encoding", [UTF_8, UTF_16])
def test_a_workbook_saved_as_table(save, workbook, task, tmp_path, encoding):
    assert_exact(save(workbook, tmp_path / "out", encoding=encoding), task)


def test_a_workbook_saved_in_an_encoding_that_does_not_hold_it(save, workbook, task, tmp_path):
    saved = save(workbook, tmp_path / "out", encoding=CP1252)
    with pytest.raises(ValueError, match=r"not UTF-8: byte \d+ .* say --encoding cp1252"):
        returned(saved, task)
    problems = report_on(saved, task, "cp1252").problems
    assert any("(hard-0000018): the source was changed: emoji" in problem for problem in problems)


@pytest.mark.parametrize("encoding", [None, UTF_8])
def test_a_table_opened_as_text_without_delimiters_of_text(save, table, task, tmp_path, encoding):
    assert_exact(save(table, tmp_path / "out", encoding=encoding, opened_as=f",{UTF_8},1,{TEXT}"), task)


@pytest.mark.parametrize("columns", ["", TEXT])
@pytest.mark.parametrize("encoding", [None, UTF_8])
def test_a_table_whose_quotes_and_numbers_were_interpreted_is_refused(save, table, task, tmp_path, columns, encoding):
    saved = save(table, tmp_path / "out", encoding=encoding, opened_as=f"{QUOTED},{UTF_8},1,{columns}")
    problems = report_on(saved, task).problems
    assert any('(hard-0000042): the source was changed: [-"wholly-]{+wholly+}' in problem for problem in problems)
    if encoding is None and not columns:
        assert any("(hard-0000000): the target is no text but the value 7" in problem for problem in problems)
        assert any("(hard-0000005): the target is a formula, =1+1" in problem for problem in problems)
