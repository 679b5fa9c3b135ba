"""The pages of small runs: their content, and what runs without some features lack."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from gdig.io.files import digest
from gdig.report.lock import read_lock
from gdig.run import costs
from tests.report.conftest import EVIL, NUM_CANDIDATES, NUM_SEEDS, make_run

FIGURES = {
    "budget_curve", "comparisons", "efficiency_curves", "efficiency_plane", "overlap", "seeds_helped", "influence",
    "survivors", "clusters", "loss_curves",
}  # fmt: skip


def specs(html):
    """Return the charts of each figure."""
    found = {}
    for name, body in re.findall(r'<figure id="(\w+)">(.*?)</figure>', html, re.DOTALL):
        found[name] = [json.loads(s) for s in re.findall(r'<script type="application/json">(.*?)</script>', body)]
    return found


def text(html):
    return re.sub(r"<script.*?</script>|<style>.*?</style>", "", html, flags=re.DOTALL)


def test_a_page_with_every_figure_and_its_files(run):
    html = run.report()
    assert set(specs(html)) == FIGURES
    assert all(specs(html).values())
    files = {path.name for path in (run.paths.report / "figures").iterdir()}
    assert files == {f"{name}.{kind}" for name in FIGURES for kind in ("svg", "png")}
    for path in (run.paths.report / "figures").glob("*.svg"):
        ElementTree.fromstring(path.read_text("utf-8"))
    assert (run.paths.report / "figures" / "clusters.png").read_bytes().startswith(b"\x89PNG")
    assert len(html) < 5e6
    for heading in (
        "Comparison of selectors (survey)",
        "Rankings",
        "Budget curve",
        "Significance",
        "Kept and rejected",
        "Cleaning",
        "Cost",
        "Provenance",
    ):
        assert f"<h2>{heading}</h2>" in html
    anchors = re.findall(r'<li><a href="#(\w+)">', html)
    assert len(anchors) > 10
    assert all(html.count(f'id="{anchor}"') == 1 for anchor in anchors)


def test_text_of_the_pool_is_never_markup(run):
    html = run.report()
    assert EVIL not in html
    assert "&lt;/script&gt;" in html
    assert "\\u003c/script>" in html
    assert html.count("</script>") == html.count("<script")


def test_measured_costs_and_the_order_of_the_lock_do_not_change_a_byte(run):
    def outputs():
        written = (run.paths.budget_curve, run.paths.budget_curve_data, run.paths.efficiency_curve_data)
        files = [path for path in run.paths.report.rglob("*") if path.is_file()]
        files += [*written, run.paths.focus_metrics, run.paths.comparison_metrics]
        return {path: digest(path) for path in files}

    run.report()
    before = outputs()
    for number, stage in enumerate(read_lock("toy", ["random", "gdig"], [8, 16])):
        costs.record("toy", stage.stage, stage.selector, stage.budget)
        assert costs.read("toy", stage.stage, stage.selector, stage.budget), number
    lock = json.loads(Path("dvc.lock").read_text())
    lock["stages"] = dict(reversed(lock["stages"].items()))
    unrelated = {"path": "data/toy/dataset", "md5": "1", "size": 7}
    lock["stages"]["dataset@toy"] = {"cmd": "python -m stages dataset", "outs": [unrelated]}
    Path("dvc.lock").write_text(json.dumps(lock))
    run.report()
    assert outputs() == before


def test_the_cost_section_counts_and_names_the_command(run):
    html = run.report()
    section = html[html.index('<section id="cost">') : html.index('<section id="provenance">')]
    assert "python -m gdig.report.costs" in section
    assert "not run on this machine" not in html
    # Two cells, each of two seeds and three steps.
    assert section.count("<td>12</td>") == 2


def test_the_estimated_noise_of_the_pool_is_shown_where_joint_gdig_is_selected(folder, params):
    shown = make_run(params, selectors=("random", "gdig", "gdig_joint")).report()
    assert "Mean distance from the diagonal, weighted by the points&#39; area: 0.035" in shown
    assert set(specs(shown)) == FIGURES | {"reliability"}
    assert "<strong>40% to 55%</strong> of this pool look like noise, 48% if one must say" in shown
    assert "This pool looks" not in make_run(params).report()


def test_without_noise_one_seed_one_budget_one_cluster_the_page_is_right(folder, params):
    html = make_run(params, budgets=(8,), labelled=False, num_seeds=1, num_clusters=1).report()
    assert set(specs(html)) == FIGURES - {"efficiency_plane"}  # of one budget there is no baseline
    assert "a line needs two" in html
    assert "With 1 budget neither" in html
    assert "One training seed" in html
    assert "±" not in text(html)
    assert "Planted noise" not in html
    assert "by noise kind" not in html
    assert len(specs(html)["survivors"]) == 1
    points = specs(html)["budget_curve"][0]["data"]["values"]
    assert {point["low"] for point in points} == {None}
    assert "the t-test over budgets needs two" in html


def test_selectors_that_are_new_are_shown_and_a_lone_one_is_compared_with_nothing(folder, params):
    html = make_run(params, selectors=("random", "<mine>")).report(focus="<mine>")
    assert "comparisons" not in specs(html)
    assert "&lt;mine&gt;" in html
    assert "<mine>" not in text(html)
    scale = specs(html)["budget_curve"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["random", "<mine>", "full pool"]
    assert len(set(scale["range"])) == 3


def test_the_heat_map_is_the_mean_of_the_matrix(run):
    cells = specs(run.report())["influence"][0]["data"]["values"]
    assert len(cells) == 40 * NUM_SEEDS
    size = np.abs(run.influence).mean()
    candidates = {c["candidates"] for c in cells}
    assert len(candidates) == 40
    weights = [int(c["candidates"].split()[2]) - int(c["candidates"].split()[0]) + 1 for c in cells]
    assert sum(weights) == NUM_CANDIDATES * NUM_SEEDS
    mean = sum(w * c["influence"] for w, c in zip(weights, cells, strict=True)) / sum(weights)
    assert mean == pytest.approx(run.influence.mean() / size, abs=1e-3)
    helped = sum(w * c["helped"] for w, c in zip(weights, cells, strict=True)) / sum(weights)
    assert helped == pytest.approx((run.influence < 0).mean(), abs=1e-3)
    top = [c for c in cells if c["row"] == 0]
    order = sorted(range(NUM_CANDIDATES), key=lambda n: (-(run.influence[n] < 0).mean(), run.influence[n].mean()))
    best = run.influence[order[: weights[0]]].mean(axis=0)
    assert sum(c["influence"] for c in top) == pytest.approx(best.sum() / size, abs=1e-3 * NUM_SEEDS)


def test_the_histogram_counts_every_candidate_and_shows_the_cut(run):
    layers = specs(run.report())["seeds_helped"][0]
    bars = layers["data"]["values"]
    assert sum(bar["count"] for bar in bars) == NUM_CANDIDATES
    share = (run.influence < 0).mean(axis=1)
    assert sum(bar["count"] for bar in bars if bar["from"] >= 0.5) == (share >= 0.5).sum()
    cut = layers["layer"][1]["encoding"]["x"]["datum"]
    assert cut == sorted(share)[-24]


def test_provenance_is_that_of_the_lock(run):
    html = run.report()
    assert "trusted.tsv" in html  # own seeds are sources too
    assert "num_pool: 60" in html
    assert re.search(r"gradients:\n  dim: 8\n  seed: 3", html)
    assert "data/toy/raw/pool.jsonl" in html
    assert "finetune gdig 16" in html
    assert "finetune gdig 999" not in html
    assert "toy-long" not in html


def test_without_a_lock_the_page_says_so(run):
    (run.folder / "dvc.lock").unlink()
    html = run.report()
    assert "there is no dvc.lock" in html
