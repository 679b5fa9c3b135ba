"""Sheets go out blind and come back whole."""

import shutil
import subprocess
import zipfile

import pytest
from openpyxl import load_workbook

from gdig.tools.humaneval.campaign import read_key, write_key
from gdig.tools.humaneval.sheet import read_sheet, write_sheet
from gdig.tools.humaneval.take import import_sheets
from tests.tools.humaneval.conftest import answers_of, campaign, fill

PAIRWISE = campaign(with_reference=True)
RATING = campaign(systems=("ours", "theirs", "third"))


def ours(item):
    return "ours"


def marks(item):
    return {"ours": (5, 4), "theirs": (3, 3), "third": (1, 2)}


def taken(path, key, **options):
    return import_sheets([(path, read_sheet(path, key, None))], [], key, **({"partial": False} | options))


@pytest.mark.parametrize("ending", ["xlsx", "tsv"])
@pytest.mark.parametrize(("key", "rule"), [(PAIRWISE, ours), (RATING, marks)])
def test_what_was_answered_comes_back(tmp_path, key, rule, ending):
    path = tmp_path / f"sheet.{ending}"
    assert write_sheet(path, key, 1) == 33
    expected = answers_of(key, rule)
    fill(path, expected)
    found = taken(path, key)
    assert found.problems == []
    assert {answer.item.id: answer.values for answer in found.answers} == expected


@pytest.mark.parametrize("ending", ["xlsx", "tsv"])
def test_a_sheet_is_blind(tmp_path, ending):
    path = tmp_path / f"sheet.{ending}"
    write_sheet(path, PAIRWISE, 1)
    if ending == "xlsx":
        with zipfile.ZipFile(path) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    else:
        content = path.read_bytes()
    for secret in (b"ours", b"theirs", b"test-00", b"repeat", b"is_repeat"):
        assert secret not in content
    assert b"gment 7" in content


def test_equal_campaigns_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_sheet(tmp_path / f"{name}.xlsx", campaign(with_reference=True), 1)
        write_key(tmp_path / f"{name}.json", campaign(with_reference=True))
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_how_a_workbook_looks(tmp_path):
    write_sheet(tmp_path / "a.xlsx", PAIRWISE, 1)
    book = load_workbook(tmp_path / "a.xlsx")
    sheet = book["translations"]
    assert [cell.value for cell in sheet[1]] == ["id", "source", "reference", "left", "right", "choice", "comment"]
    assert [not cell.protection.locked for cell in sheet[2]] == [False] * 5 + [True, True]
    assert sheet.protection.sheet
    assert sheet.data_validations.dataValidation[0].formula1 == '"left,right,tie"'
    assert "left, right, or tie" in book["how to"]["A1"].value
    write_sheet(tmp_path / "b.xlsx", RATING, 1)
    sheet = load_workbook(tmp_path / "b.xlsx")["translations"]
    places = [f"{name} {number}" for number in (1, 2, 3) for name in ("translation", "adequacy", "fluency")]
    assert [cell.value for cell in sheet[1]] == ["id", "source", *places, "comment"]
    assert len(sheet.data_validations.dataValidation) == 6


def test_a_key_comes_back_and_a_changed_one_is_refused(tmp_path):
    path = tmp_path / "key.json"
    write_key(path, RATING)
    assert read_key(path) == RATING
    text = path.read_text("utf-8")
    for old, new, message in (
        ('"rating"', '"ranking"', "kind: Input should be 'pairwise' or 'rating'"),
        ('"segment": "test-0003"', '"segment": "test-9999"', "does not fit the segments and systems"),
        ('"rater": 1', '"rater": "one"', "rater: Input should be a valid integer"),
        ("{", "", "Invalid JSON"),
    ):
        path.write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(ValueError, match="not a key as `sheet` writes it") as error:
            read_key(path)
        assert message in str(error.value)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize(("kind", "ending"), [("xlsx", "xlsx"), ("csv:Text - txt - csv (StarCalc):59,34,76", "csv")])
@pytest.mark.parametrize("key", [PAIRWISE, RATING], ids=["pairwise", "rating"])
def test_what_libreoffice_saves_can_be_taken(tmp_path, key, kind, ending):
    path = tmp_path / "sheet.xlsx"
    write_sheet(path, key, 1)
    expected = answers_of(key, ours if key is PAIRWISE else marks)
    fill(path, expected)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/home", "--headless", "--convert-to", kind]
    subprocess.run([*command, "--outdir", tmp_path / "out", path], check=True, capture_output=True)
    found = taken(tmp_path / "out" / f"sheet.{ending}", key)
    assert found.problems == []
    assert {answer.item.id: answer.values for answer in found.answers} == expected
