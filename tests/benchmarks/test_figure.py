import json
import re
import sys

import pytest

from benchmarks.influence import figure
from benchmarks.influence.engines import ENGINES
from tests.conftest import ROOT


def row(engine, score, fit=None, **more):
    costs = {"score_ratio": score} | ({} if fit is None else {"fit_ratio": fit})
    return {"engine": engine, "shape": "small", "n": 512, "m": 64} | costs | more


ROWS = [row("train", 1.02), row("floor", 0.71), row("bergson", 1.74, 1.41), row("gdig", 0.98, 0.5)]


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_every_engine_has_its_bars_and_the_cheapest_is_on_top():
    shown = texts(figure.draw(ROWS))
    assert {"0.98", "0.50", "1.74", "1.41"} <= set(shown)
    assert shown.index("gdig") < shown.index("bergson")


def test_floor_and_training_pass_are_lines_and_no_bars():
    shown = texts(figure.draw(ROWS))
    assert {"floor", "training pass"} <= set(shown)
    assert "0.71" not in shown
    assert "floor" not in texts(figure.draw(ROWS[2:]))
    assert set(figure.LIMITS) <= set(ENGINES)


def test_an_engine_that_was_not_measured_is_left_out():
    skipped = {"engine": "kronfluence", "shape": "small", "n": 512, "m": 64, "skipped": "it is not installed"}
    assert "kronfluence" not in texts(figure.draw([*ROWS, skipped]))


def test_rows_of_two_workloads_are_refused_by_name():
    with pytest.raises(ValueError, match=r"one workload; measured here: small n=512 m=64, small n=512 m=256"):
        figure.draw([*ROWS, row("gdig", 1.2) | {"m": 256}])
    with pytest.raises(ValueError, match="measured here: none"):
        figure.draw([])


def test_the_command_line_draws_the_same_bytes_twice(tmp_path, monkeypatch):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    drawn = []
    for name in ("a.svg", "b.svg"):
        monkeypatch.setattr(sys, "argv", ["figure", str(rows), str(tmp_path / name)])
        figure.main()
        drawn.append((tmp_path / name).read_bytes())
    assert drawn[0] == drawn[1]
    assert b"dc:date" not in drawn[0]
    assert b'width="525.6pt"' in drawn[0]  # 700 pixels


def test_the_committed_picture_is_drawn_from_the_committed_figures():
    rows = [json.loads(line) for line in (ROOT / "docs" / "performance.jsonl").read_text("utf-8").splitlines()]
    drawn = (ROOT / "docs" / "performance.svg").read_text("utf-8")
    assert figure.draw(rows) == drawn, "run `make figures`"
