"""Figures of the README's and the docs' tables of the embedded default are those of metrics/embedded."""

import json
import re

import pytest

from tests.conftest import ROOT

METRICS = ROOT / "metrics" / "embedded"
NAMES = {
    "full pool": "full",
    "random": "random",
    "low loss, warm-up model": "loss",
    "low loss, base model": "base_loss",
    "G-DIG without diversity": "gdig_quality",
    "G-DIG (the paper's two steps)": "gdig",
    "G-DIG": "gdig",
    "joint G-DIG": "gdig_joint",
}
BUDGETS = ("b0032", "b0256", "b1024")


def metrics(selector):
    return json.loads((METRICS / f"{selector}.json").read_text("utf-8"))


def rows(path, heading):
    """Return the cells of the table behind a heading, its first row without."""
    _, found, text = (ROOT / path).read_text("utf-8").partition(f"\n{heading}\n")
    assert found, f"{path} has no heading {heading!r}"
    lines = re.search(r"((?:^\|.*\n)+)", text, re.MULTILINE).group(1).splitlines()
    return [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("path", "heading"), [("README.md", "## Results"), ("docs/experiments.md", "## The embedded default")]
)
def test_scores_of_both_parts_and_of_each(path, heading):
    table = rows(path, heading)
    assert len(table) == 7
    for name, *cells in table:
        for budget, cell in zip(BUDGETS, cells, strict=False):
            found = metrics(NAMES[name])[budget]
            both, *parts = (found[key]["mean"] for key in ("bleu", "bleu_mixture", "bleu_balanced"))
            assert cell.replace("*", "") == f"{both:.1f} ({parts[0]:.1f} / {parts[1]:.1f})", (name, budget)


def test_losses_on_the_seeds_and_shares_of_clean_pairs():
    table = rows("docs/experiments.md", "### Seeds and clean pairs")
    assert len(table) == 7
    for name, *cells in table:
        of_budget = [metrics(NAMES[name])[budget] for budget in BUDGETS]
        assert cells[:3] == [f"{one['seed_loss']['mean']:.2f}" for one in of_budget], name
        assert cells[3:6] == [f"{one['bleu']['sd']:.1f}" for one in of_budget], name
        assert cells[6:] == [f"{one['clean_share']:.3f}" for one in of_budget], name
