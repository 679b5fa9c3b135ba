import json
import subprocess
import sys

import pytest

from gdig.run import requirements
from gdig.scoring import __main__ as command
from gdig.scoring.surface import score

LINES = {"hyp": ["A cat sits on the mat.", "It rains."], "ref": ["The cat sat on a mat.", "It is raining."],
         "src": ["Die Katze saß auf einer Matte.", "Es regnet."]}  # fmt: skip


@pytest.fixture
def files(tmp_path, monkeypatch):
    for name, lines in LINES.items():
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["gdig.scoring", "--target-language", "en", *arguments])
    command.main()
    return json.loads(capsys.readouterr().out)


def test_two_files_to_json_that_equals_sacrebleu(files, monkeypatch, capsys):
    found = run(monkeypatch, capsys, "--hypotheses", "hyp", "--references", "ref")
    assert found["bleu"] == pytest.approx(score(LINES["hyp"], LINES["ref"], "en")["bleu"], abs=1e-4)
    printed = subprocess.run(
        [sys.executable, "-m", "sacrebleu", "ref", "-i", "hyp", "-m", "chrf", "-b", "-w", "4"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert f"{found['chrf']:.4f}" == printed.strip()
    assert found["num_segments"] == 2
    assert "tok:13a" in found["signatures"]["bleu"]
    assert "copied_share" not in found


def test_sources_and_other_line_ends(files, monkeypatch, capsys):
    (files / "hyp").write_bytes(b"\xef\xbb\xbf" + "Die Katze saß auf einer Matte.\r\nIt rains.\r\n".encode())
    more = ("--sources", "src", "--source-language", "de")
    found = run(monkeypatch, capsys, "--hypotheses", "hyp", "--references", "ref", *more)
    assert found["copied_share"] == 0.5
    assert found["wrong_language_share"] == 0.5


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ref", b"one\n", "hyp has 2 lines, but ref has 1; they must be aligned line by line"),
        ("ref", b"one\n\n", "ref: line 2 is empty; no translation can be scored with it"),
        ("src", b"one\ntwo\nthree\n", "hyp has 2 lines, but src has 3"),
        ("hyp", b"a\n\xff\n", "hyp: invalid UTF-8 at byte 2; convert the file to UTF-8"),
    ],
)
def test_bad_files_are_reported(files, monkeypatch, capsys, name, content, message):
    (files / name).write_bytes(content)
    with pytest.raises(SystemExit) as stop:
        run(monkeypatch, capsys, "--hypotheses", "hyp", "--references", "ref", "--sources", "src")
    assert stop.value.code == 1
    assert message in capsys.readouterr().err


def test_a_missing_file_is_reported(files, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run(monkeypatch, capsys, "--hypotheses", "none", "--references", "ref")
    assert "none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target-language", "EN"], "--target-language: 'EN' is no code of a language; write one of ISO 639-1"),
        (["--target-language", "en-GB"], "--target-language: 'en-GB' is no code of a language"),
        (["--source-language", "German"], "--source-language: 'German' is no code of a language"),
        (["--comet", "", "--sources", "src"], "--comet, --bleurt: comet.model: '' must be text on one line"),
        (["--bleurt", "a\nb"], "--comet, --bleurt: bleurt.model: 'a\\nb' must be text on one line"),
        (["--bleurt", "x", "--batch-size", "0"], "--batch-size 0: must be at least 1"),
    ],
)
def test_a_wrong_option_is_one_line(files, monkeypatch, capsys, arguments, message):
    monkeypatch.setattr(
        sys, "argv",
        ["gdig.scoring", "--hypotheses", "hyp", "--references", "ref", "--target-language", "en", *arguments],
    )  # fmt: skip
    with pytest.raises(SystemExit) as exit_:
        command.main()
    assert exit_.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}")
    assert error.count("\n") == 1


def test_a_missing_tokeniser_is_told_by_its_option(files, monkeypatch, capsys):
    monkeypatch.setattr(requirements, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        run(monkeypatch, capsys, "--hypotheses", "hyp", "--references", "ref", "--target-language", "jpn")
    assert capsys.readouterr().err == (
        "error: --target-language jpn: needs MeCab, which is not installed; `pip install 'sacrebleu[ja]'`\n"
    )


@pytest.mark.parametrize("code", ["zh", "zho", "chi", "cmn", "yue"])
def test_every_code_of_chinese_has_its_tokeniser(files, monkeypatch, capsys, code):
    (files / "hyp").write_text("今天天气很好。\n", encoding="utf-8")
    (files / "ref").write_text("今天天气真的很好。\n", encoding="utf-8")
    found = run(monkeypatch, capsys, "--hypotheses", "hyp", "--references", "ref", "--target-language", code)
    assert "tok:zh" in found["signatures"]["bleu"]
    assert found["bleu"] > 30
