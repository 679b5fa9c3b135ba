"""Tables of grids in the docs are those that `python -m gdig.tools.evidence show` makes of metrics/grids."""

import pytest

from gdig.report.gains.cells import cells_of
from gdig.report.gains.results import Results, results_of
from gdig.tools.evidence.summary import summary
from gdig.tools.runs import show
from tests.conftest import ROOT
from tests.docs.test_figures import rows


def results(grid) -> Results:
    return results_of(ROOT / "metrics" / "grids" / f"{grid}.jsonl")


@pytest.mark.parametrize(("grid", "heading"), [("embedded", "## Many pools"), ("files", "### On captions")])
def test_scores_and_gains_of_every_cell(grid, heading):
    cells = cells_of(results(grid).runs, "bleu")
    _, _, expected = summary(cells, "bleu", "gdig_joint")
    found = rows("docs/experiments.md", heading)
    assert len(found) == len(expected) == len(cells) + 3
    for row, (noise, *others) in zip(found, expected, strict=True):
        assert row == [f"{noise} ({cells[0].num_pools})", *(other.strip(" *") for other in others)]


def test_what_is_advised_rests_on_the_same_gains():
    cells = cells_of(results("embedded").runs, "bleu")
    found = rows("docs/choosing.md", "### On the grammar")
    assert len(found) == len(cells)
    for row, cell in zip(found, cells, strict=True):
        gain = cell.over_control["gdig_joint"]
        assert row[:2] == [f"{cell.rate:g} ({cell.num_pools})", f"{cell.budget:,}"]
        assert [row[2], row[3].split(" ")[0], row[4]] == [
            f"{cell.scores[name].mean:.1f}" for name in ("random", cell.control, "gdig_joint")
        ]
        assert row[5] == f"{gain.mean:+.1f} [{gain.low:+.1f}, {gain.high:+.1f}]"


def test_kinds_of_noise_alone():
    cells = {(cell.kind, cell.budget): cell for cell in cells_of(results("kinds").runs, "bleu")}
    found = rows("docs/experiments.md", "### One kind of noise at a time")
    assert {(row[0], budget) for row in found for budget in (32, 256)} == cells.keys()
    for kind, *columns in found:
        both = [cells[kind, budget] for budget in (32, 256)]
        for column, name in enumerate(("random", "loss", "base_loss", "gdig", "gdig_joint")):
            assert columns[column] == " / ".join(f"{cell.scores[name].mean:.1f}" for cell in both), (kind, name)
        assert columns[5] == " / ".join(f"{cell.over_control['gdig_joint'].mean:+.1f}" for cell in both), kind
        assert columns[6] == f"{both[0].scores['full'].mean:.1f}"


def test_cells_on_web_text():
    tables = show(ROOT / "metrics" / "grids" / "web.jsonl", "random")
    expected = [list(row) for table in tables for row in zip(*(column.cells for column in table.columns), strict=True)]
    text = (ROOT / "docs/experiments.md").read_text("utf-8").partition("\n### The cells\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| budget")]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines] == expected
