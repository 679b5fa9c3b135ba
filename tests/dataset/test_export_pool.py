"""The pool in other tools' formats, and back as scores."""

import json

import pytest

from gdig.dataset.__main__ import FORMATS, export_pool, main
from gdig.io.records import Pair
from gdig.selectors.bitext.external import read_scores
from tests.conftest import ROOT

PAIRS = [
    Pair("web-1", "Ein Satz.", "A sentence."),
    Pair("web-2", "Zwei\nZeilen und\tein Tab", "Two\u2028lines \x85 and\r\n more "),
    Pair("web-3", '„Drei“ "x"', "ünï"),
]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_file_has_a_line_per_pair_in_the_order_of_the_ids(tmp_path, form):
    export_pool(form, PAIRS, tmp_path / "out")
    assert (tmp_path / "out" / "ids.txt").read_text() == "web-1\nweb-2\nweb-3\n"
    for name in FORMATS[form]:
        lines = (tmp_path / "out" / name).read_text("utf-8").splitlines()
        assert len(lines) == 3 + (form == "tsv")
        assert "Drei" in lines[-1] or "ünï" in lines[-1]


def test_a_side_keeps_its_words_and_loses_its_line_feeds(tmp_path):
    export_pool("plain", PAIRS, tmp_path / "plain")
    assert (tmp_path / "plain" / "targets.txt").read_text("utf-8").splitlines()[1] == "Two lines and more"
    export_pool("bicleaner", PAIRS, tmp_path / "b")
    assert (tmp_path / "b" / "pool.tsv").read_text("utf-8").splitlines()[1].split("\t") == [
        "-", "-", "Zwei Zeilen und ein Tab", "Two lines and more",
    ]  # fmt: skip
    export_pool("metricx", PAIRS, tmp_path / "m")
    row = json.loads((tmp_path / "m" / "pool.jsonl").read_text("utf-8").splitlines()[2])
    assert row == {"id": "web-3", "source": '„Drei“ "x"', "hypothesis": "ünï", "reference": ""}


def test_ids_and_a_column_of_scores_side_by_side_are_a_file_of_scores(tmp_path):
    export_pool("plain", PAIRS, tmp_path / "out")
    ids = (tmp_path / "out" / "ids.txt").read_text().splitlines()
    joined = "".join(f"{i}\t{score}\n" for i, score in zip(ids, (0.1, 0.2, 0.3), strict=True))
    (tmp_path / "scores.tsv").write_text(joined)
    assert read_scores(tmp_path / "scores.tsv", ids) == {"web-1": 0.1, "web-2": 0.2, "web-3": 0.3}


def test_without_a_prepared_pool_the_command_names_what_makes_it(tmp_path, monkeypatch, capsys):
    (tmp_path / "selectors").mkdir()
    for name in ("params.yaml", "selectors/params.yaml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["export-pool", "plain", "out"])
    assert "data/embedded/prepared/pool.jsonl is not there; `dvc repro prepare@embedded` makes it" in (
        capsys.readouterr().err
    )
