"""The command line on artifacts of a run and on files of any system."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gdig.io.records import Pair, write_pairs, write_rows
from gdig.tools.humaneval.__main__ import main
from gdig.tools.humaneval.campaign import read_key
from tests.conftest import ROOT, default_values, write_params
from tests.tools.humaneval.conftest import answers_of, fill, segments


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder as a finished run leaves it, with files of two other systems."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    write_params(Path(), default_values())
    items = segments(systems=("gdig", "random"))
    pairs = [Pair(segment.id, segment.source, segment.reference) for segment in items]
    write_pairs(Path("data/embedded/prepared/test.jsonl"), pairs)
    for cell, system in (("gdig/32", "gdig"), ("random/32", "random"), ("full/all", "random")):
        rows = ({"id": segment.id, "hypothesis": segment.hypotheses[system]} for segment in items)
        write_rows(Path(f"data/embedded/hypotheses/{cell}/seed-1.jsonl"), rows)
    for name in ("src", "ref", "a", "b"):
        Path(f"{name}.txt").write_text("".join(f"{name} {n}\n" for n in range(12)))
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command line; return what it says, and fail where it ends otherwise than expected."""

    def run(*arguments, ok=True):
        with pytest.raises(SystemExit) as error:
            main([str(argument) for argument in arguments])
        output = "".join(capsys.readouterr())
        assert error.value.code == (0 if ok else 1), output
        return output

    return run


CELLS = ("--selectors", "gdig", "random", "--budget", "32", "--count", "30", "--seed", "7")
FILES = ("--systems", "a=a.txt", "b=b.txt", "--sources", "src.txt", "--count", "12", "--seed", "7")


@pytest.mark.parametrize("ending", ["xlsx", "tsv"])
def test_from_a_run_to_the_table(site, run, ending):
    output = run("sheet", *CELLS, "--raters", "2", "--out", f"judge.{ending}")
    assert f"judge-1.{ending}: 33 rows\njudge-2.{ending}: 33 rows" in output
    sheets, key = [Path(f"judge-{n}.{ending}") for n in (1, 2)], Path(f"judge.{ending}.key.json")
    for sheet in sheets:
        fill(sheet, answers_of(read_key(key), lambda item: None if item.segment < "test-0015" else "gdig"))
    output = run("import", *sheets, "--key", key, "--out", "human.json")
    assert "gdig against random" in output
    assert "50.0%" in output
    found = json.loads(Path("human.json").read_text())
    assert found["comparisons"]["random"]["judgements"] == {"win": 30, "tie": 30, "lose": 0}
    assert found["comparisons"]["random"]["sign_test"]["p"] == pytest.approx(2 / 2**15)
    assert found["agreement"]["choice"]["cohen_kappa"] == 1
    assert [file["name"] for file in found["files"]] == [sheet.name for sheet in sheets]
    assert found["origins"]["gdig"].startswith("data/embedded/hypotheses/gdig/32/seed-1.jsonl sha256:")
    before = Path("human.json").read_bytes()
    run("import", *sheets, "--key", key, "--out", "human.json")
    assert Path("human.json").read_bytes() == before


def test_marks_for_files_of_any_system(site, run):
    run("sheet", *FILES, "--references", "ref.txt", "--with-reference", "--kind", "rating", "--out", "rate.tsv")
    key = Path("rate.tsv.key.json")
    fill(Path("rate.tsv"), answers_of(read_key(key), lambda item: {"a": (5, 4), "b": (2, 3)}))
    output = run("import", "rate.tsv", "--key", key)
    assert "4.50 (4.50 to 4.50)" in output
    assert "a - b" in output
    assert "a against b" in output


def test_cells_and_files_side_by_side(site, run):
    Path("c.txt").write_text("".join(f"c {n}\n" for n in range(30)))
    run("sheet", *CELLS, "--kind", "rating", "--systems", "c=c.txt", "--seed-of-training", "1", "--out", "rate.tsv")
    assert read_key(Path("rate.tsv.key.json")).systems == ("gdig", "random", "c")
    run("sheet", "--selectors", "gdig", "full", *CELLS[3:], "--out", "full.tsv")
    assert "hypotheses/full/all/seed-1.jsonl" in read_key(Path("full.tsv.key.json")).origins["full"]


def test_filled_in_sheets_are_not_overwritten(site, run):
    run("sheet", *FILES, "--out", "judge.tsv")
    assert "judge.tsv: 13 rows" in run("sheet", *FILES, "--out", "judge.tsv")
    fill(Path("judge.tsv"), answers_of(read_key(Path("judge.tsv.key.json")), lambda item: "a"))
    filled = Path("judge.tsv").read_bytes()
    output = run("sheet", *FILES, "--out", "judge.tsv", ok=False)
    assert "judge.tsv exists and may have been sent out or filled in; choose another --out, or use --force" in output
    output = run("sheet", *FILES[:-1], "8", "--out", "judge.tsv", ok=False)
    assert "error: judge.tsv.key.json exists" in output
    assert Path("judge.tsv").read_bytes() == filled
    run("sheet", *FILES, "--out", "judge.tsv", "--force")
    assert Path("judge.tsv").read_bytes() != filled


def test_problems_of_all_files_are_reported_and_nothing_is_written(site, run):
    run("sheet", *FILES, "--raters", "2", "--out", "judge.tsv")
    Path("judge-2.tsv").write_bytes(b"id\tsource\n\xff")
    output = run("import", "judge-1.tsv", "judge-2.tsv", "--key", "judge.tsv.key.json", "--out", "a.json", ok=False)
    assert "2 problems; nothing was computed" in output
    assert "judge-2.tsv: not UTF-8: byte 10 (ff) on line 2" in output
    assert "judge-1.tsv: rows without an answer (13): row 2 (" in output
    assert not Path("a.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sheet", *CELLS, "--out", "a.csv"), "error: --out a.csv: a sheet is written as .xlsx or .tsv"),
        (("sheet", *CELLS, "--out", "a.ods"), "a.ods: unknown suffix; save the file as one of .xlsx"),
        (("sheet", *CELLS, "--budget", "33", "--out", "a.tsv"), "--budget 33: say one of 32, 256, 1024 for gdig"),
        (("sheet", *CELLS, "--budget", "256", "--out", "a.tsv"), "gdig/256/seed-1.jsonl is missing; make it with"),
        (("sheet", "--selectors", "gdog", "--seed", "1", "--out", "a.tsv"), "gdog: not one of random, loss"),
        (("sheet", *CELLS, "--seed-of-training", "9", "--out", "a.tsv"), "finetune.seeds has 1, 2, 3; say"),
        (("sheet", *CELLS, "--systems", "gdig=a.txt", "--out", "a.tsv"), "there is a system gdig already"),
        (("sheet", *FILES, "--with-reference", "--out", "a.tsv"), "name their file with --references"),
        (("sheet", *CELLS, "--references", "ref.txt", "--out", "a.tsv"), "--references goes with --sources"),
        (("sheet", *FILES, "--systems", "a=a.txt", "b=no.txt", "--out", "a.tsv"), "No such file or directory"),
        (("sheet", *FILES, "--budget", "32", "--out", "a.tsv"), "--budget and --seed-of-training go with --selectors"),
        (("import", "a.txt", "--key", "params.yaml"), "params.yaml: not a key as `sheet` writes it"),
        (("import", "a.txt", "--key", "no.json"), "No such file or directory: 'no.json'"),
    ],
)  # fmt: skip
def test_mistakes_end_in_one_line(site, run, arguments, message):
    output = run(*arguments, ok=False)
    assert message in output
    assert output.startswith("error: ")
    assert output.count("\n") == 1
    assert not Path("a.tsv").exists()
    assert not list(site.glob("*.key.json"))


def test_help_shows_the_way():
    command = [sys.executable, "-m", "gdig.tools.humaneval"]
    output = subprocess.run([*command, "--help"], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert "python -m gdig.tools.humaneval sheet --selectors gdig random --budget 1024" in output
