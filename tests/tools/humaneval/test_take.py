import pytest
from openpyxl import load_workbook

from gdig.tools.humaneval.sheet import read_sheet, write_sheet
from gdig.tools.humaneval.take import import_sheets
from tests.tools.humaneval.conftest import answers_of, campaign, fill

KEY = campaign()
RATING = campaign(kind="rating")


@pytest.fixture
def sheet(tmp_path):
    """Return what writes a filled sheet with changed lines and takes it back."""

    def run(change=lambda lines: lines, key=KEY, rule=lambda item: "ours", *, partial=False, name="sheet.tsv"):
        path = tmp_path / name
        write_sheet(path, key, 1)
        fill(path, answers_of(key, rule))
        lines = [line.split("\t") for line in path.read_text("utf-8").rstrip("\n").split("\n")]
        path.write_text("".join("\t".join(line) + "\n" for line in change(lines)), "utf-8", newline="")
        return import_sheets([(path, read_sheet(path, key, None))], [], key, partial=partial)

    return run


def changed(row, column, text):
    def change(lines):
        lines[row][lines[0].index(column)] = text
        return lines

    return change


def test_a_whole_sheet_has_no_problems(sheet):
    found = sheet()
    assert (found.problems, found.warnings) == ([], [])
    assert [answer.item.id for answer in found.answers] == [item.id for item in KEY.items]


def test_rows_in_any_order(sheet):
    assert len(sheet(lambda lines: [lines[0], *reversed(lines[1:])]).answers) == 33


@pytest.mark.parametrize(
    ("column", "text", "problem"),
    [
        ("choice", "both", "the choice is 'both'; write one of left, right, tie"),
        ("left", "another text", "the left was changed: [-"),
        ("source", "Quelle", "the source was changed: "),
        ("id", "r0", "(r0): the key has no such id; put it back as it was sent"),
    ],
)
def test_a_changed_cell(sheet, column, text, problem):
    found = sheet(changed(3, column, text)).problems
    assert "sheet.tsv: row 4 (" in found[0]
    assert problem in found[0]


@pytest.mark.parametrize("text", ["LEFT", " left ", "Left"])
def test_answers_in_any_case(sheet, text):
    assert sheet(changed(3, "choice", text)).answers[2].values == {"choice": "left"}


def test_all_problems_are_in_one_report(sheet):
    def change(lines):
        lines[1][-2] = "?"
        lines[2][-2] = ""
        lines[3][1] = "changed"
        lines[4][0] = "r0"
        lines[6] = list(lines[5])
        return lines[:-1]

    problems = sheet(change).problems
    assert [problem.partition("sheet.tsv: ")[2][:6] for problem in problems[:4]] == [
        "row 2 ",
        "row 4 ",
        "row 5 ",
        "row 7 ",
    ]
    assert f"rows without an answer (1): row 3 ({KEY.items[1].id})" in problems[4]
    assert f"the id is already in {problems[3].partition(':')[0]}, row 6" in problems[3]
    missing = [KEY.items[n].id for n in (3, 5, 32)]
    assert problems[5].startswith(f"rater 1: 3 of 33 rows are missing: {', '.join(missing)}; ")
    assert len(problems) == 6


def test_partial_leaves_out_rows_that_are_missing_or_empty(sheet):
    def change(lines):
        lines[2][-2] = ""
        return lines[:-3]

    assert len(sheet(change).problems) == 2
    found = sheet(change, partial=True)
    assert found.problems == []
    assert len(found.answers) == 29
    assert "no row has an answer" in sheet(lambda lines: lines[:1], partial=True).problems[0]


def test_a_rating_is_whole_or_not_there(sheet):
    def rule(item):
        return {"ours": (5, 4), "theirs": (3, 2)}

    for partial in (False, True):
        found = sheet(changed(1, "fluency 2", ""), RATING, rule, partial=partial)
        assert "no mark in fluency 2; fill in all marks of the row, or none" in found.problems[0]
    assert (
        "the adequacy 1 is '6'; write one of 1, 2, 3, 4, 5"
        in sheet(changed(1, "adequacy 1", "6"), RATING, rule).problems[0]
    )


def test_numbers_are_marks_and_formulas_are_not(tmp_path):
    path = tmp_path / "sheet.xlsx"
    write_sheet(path, RATING, 1)
    fill(path, answers_of(RATING, lambda item: {"ours": (5, 4), "theirs": (3, 2)}))
    book = load_workbook(path)
    names = [cell.value for cell in book["translations"][1]]
    for row, value in ((2, 4), (3, 4.0), (4, "=2+2"), (5, 4.5), (6, True)):
        cell = book["translations"].cell(row, names.index("adequacy 1") + 1)
        cell.value = value
    book.save(path)
    found = import_sheets([(path, read_sheet(path, RATING, None))], [], RATING, partial=False)
    assert [answer.values["adequacy 1"] for answer in found.answers[:2]] == ["4", "4"]
    assert len(found.problems) == 3
    assert "the adequacy 1 is a formula, =2+2" in found.problems[0]
    assert "the adequacy 1 is '4.5'" in found.problems[1]
    assert "the adequacy 1 is 'true'" in found.problems[2]


def test_several_raters(tmp_path):
    key = campaign(raters=3, shared=6)
    paths = [tmp_path / f"sheet-{rater}.tsv" for rater in (1, 2, 3)]
    for rater, path in enumerate(paths, start=1):
        write_sheet(path, key, rater)
        fill(path, answers_of(key, lambda item: "ours"))

    def run(*paths, partial=False):
        return import_sheets([(path, read_sheet(path, key, None)) for path in paths], [], key, partial=partial)

    assert run(*paths).problems == []
    assert run(*paths[:2]).problems == [
        "rater 3: the sheet (15 rows) is in no file; add it, or continue without it: --partial"
    ]
    assert len(run(*paths[:2], partial=True).answers) == 30
    assert "the id is already in" in run(*paths, paths[0]).problems[0]


def test_a_sheet_of_another_key(sheet, tmp_path):
    sheet()
    path, other = tmp_path / "sheet.tsv", campaign(seed=6)
    problems = import_sheets([(path, read_sheet(path, other, None))], [], other, partial=True).problems
    assert "no row's id is in the key; it is a sheet of another key" in problems[0]
