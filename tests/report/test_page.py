"""The page of small runs: what is there, and what a run has not."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from gdig.io.files import digest
from gdig.report.cluster_map import plane
from gdig.report.cost import CHOOSING, of_selectors
from gdig.report.lock import read_lock, upstream
from gdig.run import costs
from tests.report.conftest import EVIL, NUM_CANDIDATES, NUM_SEEDS, make_run

FIGURES = {
    "budget_curve", "comparisons", "efficiency_curves", "efficiency_plane", "overlap", "seeds_helped", "influence",
    "survivors", "clusters", "loss_curves",
}  # fmt: skip


def specs(html):
    """The charts of each figure, and the headings."""
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


def test_all_but_what_tells_costs_are_equal_bytes_each_time(run):
    def others():
        figures = sorted((run.paths.report / "figures").iterdir())
        paths = [path for path in figures if path.stem != "costs"]
        data = (run.paths.budget_curve_data, run.paths.efficiency_curve_data, run.paths.comparison_metrics)
        return [digest(path) for path in (*paths, run.paths.budget_curve, *data)]

    first = run.report()
    before = others()
    assert run.report() == first
    costs.record("toy", "pool")
    assert run.report() != first
    assert others() == before


def test_the_noise_that_the_pool_looks_to_have_is_told_where_it_was_estimated(run):
    assert "This pool looks about <strong>48% noisy</strong> (40% to 55%)" in run.report()
    features = run.params.features.model_copy(update={"cleanliness": []})
    run.params = run.params.model_copy(update={"features": features})
    assert "This pool looks" not in run.report()


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


def test_the_histogram_counts_every_candidate_and_tells_the_cut(run):
    layers = specs(run.report())["seeds_helped"][0]
    bars = layers["data"]["values"]
    assert sum(bar["count"] for bar in bars) == NUM_CANDIDATES
    share = (run.influence < 0).mean(axis=1)
    assert sum(bar["count"] for bar in bars if bar["from"] >= 0.5) == (share >= 0.5).sum()
    cut = layers["layer"][1]["encoding"]["x"]["datum"]
    assert cut == sorted(share)[-24]


def test_the_plane_holds_most_of_the_variance_and_does_not_flip():
    points = np.random.default_rng(1).normal(size=(50, 6)) * [9, 4, 1, 1, 1, 1]
    places, (first, second) = plane(points.astype("f4"), normalised=False)
    assert first > second > 0.05
    spread = np.linalg.svd((points - points.mean(axis=0)), compute_uv=False)
    np.testing.assert_allclose(np.linalg.norm(places, axis=0), spread[:2], rtol=1e-5)
    again, _ = plane(-points.astype("f4"), normalised=False)
    np.testing.assert_allclose(again, -places, atol=1e-4)


def test_costs_are_of_the_stages_that_a_selector_needs(run):
    stages = read_lock("toy", ["random", "gdig"], [8, 16])
    assert [stage.name for stage in stages if stage.stage == "finetune"] == [
        "finetune random 8", "finetune random 16", "finetune gdig 8", "finetune gdig 16"
    ]  # fmt: skip
    assert "report" not in {stage.stage for stage in stages}
    needed = [stage.name for stage in upstream(stages, ["data/toy/metrics/gdig.json"])]
    assert needed == ["pool", "base", "warmup", "rank_gdig", "finetune gdig 8", "finetune gdig 16", "collect gdig"]

    assert "not run on this machine" in run.report()
    for stage in stages:
        costs.record("toy", stage.stage, stage.selector, stage.budget)
    html = run.report()
    assert "not run on this machine" not in html
    bars = specs(html)["costs"][0]["data"]["values"]
    assert {(bar["selector"], bar["phase"]) for bar in bars} == {
        (name, phase)
        for name in ("random", "G-DIG")
        for phase in ("data and base model", "choosing pairs", "training and scoring")
    }  # fmt: skip
    taken = sum(costs.read("toy", stage).seconds for stage in ("warmup", "rank_gdig"))
    chosen = next(b["seconds"] for b in bars if (b["selector"], b["phase"]) == ("G-DIG", "choosing pairs"))
    assert chosen == pytest.approx(taken, abs=0.06)


def test_a_ranking_that_another_selector_reads_is_one_of_its_costs(run):
    lock = json.loads(Path("dvc.lock").read_text())
    for name, reads in (("loss", "raw/pool.jsonl"), ("gdig", "rankings/loss.jsonl"), ("reward", "raw/pool.jsonl")):
        lock["stages"][f"rank_{name}@toy"] = {
            "cmd": f"python -m stages.rank_{name} --selector {name}",
            "deps": [{"path": f"data/toy/{reads}", "md5": "0", "size": 5}],
            "outs": [{"path": f"data/toy/rankings/{name}.jsonl", "md5": "1", "size": 7}],
        }
    lock["stages"]["selection@toy"] = {
        "cmd": "python -m stages.selection",
        "deps": [{"path": "data/toy/rankings", "md5": "0", "size": 5}],
        "outs": [{"path": "data/toy/selection.json", "md5": "1", "size": 7}],
    }
    Path("dvc.lock").write_text(json.dumps(lock))
    stages = {selectors: read_lock("toy", selectors, [8]) for selectors in (("random", "gdig"), ("random",))}
    names = {own: {stage.name for stage in found} for own, found in stages.items()}
    assert names["random", "gdig"] >= {"rank_gdig gdig", "rank_loss loss"}
    assert "rank_reward reward" not in names["random", "gdig"]
    assert not {"rank_loss loss", "rank_gdig gdig"} & names["random",]
    of_gdig = of_selectors("toy", ["gdig"], stages["random", "gdig"])["gdig"][CHOOSING]
    assert {stage.name for stage in of_gdig} == {"rank_gdig gdig", "rank_loss loss"}


def test_provenance_is_that_of_the_lock(run):
    html = run.report()
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
    assert "costs" not in specs(html)
