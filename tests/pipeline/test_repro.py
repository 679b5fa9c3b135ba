"""The real DAG: DVC itself runs dvc.yaml on micro params."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import vl_convert
from openpyxl import load_workbook

from gdig.config import read_values
from gdig.io.files import digest
from gdig.io.matrix import read_matrix
from gdig.io.records import read_pairs, read_rows
from gdig.run.paths import DVC_FILES
from gdig.tools.reference.keys import all_keys
from tests.conftest import write_params
from tests.pipeline.conftest import Checkout, cell, changes, is_up_to_date, locked, outputs, restore
from tests.pipeline.edits import edited
from tests.pipeline.staleness import base_of, effect_of

pytestmark = pytest.mark.slow


def test_every_artifact_is_there_and_the_second_run_runs_nothing(checkout):
    output = checkout.run(sys.executable, "-m", "gdig.tools.cells") + checkout.dvc("repro")
    assert checkout.stages_run(output) == []
    assert "done after" not in output
    assert is_up_to_date(checkout)


def test_what_no_selected_selector_needs_does_not_run(checkout):
    """Neither the estimate of noise, which joint G-DIG needs, nor any other optional stage."""
    assert not [name for name in locked(checkout) if name.startswith("selectors/")]


def test_metrics_have_equal_keys_in_every_file_and_are_rounded(checkout):
    def keys(value):
        return {k: keys(v) for k, v in value.items()} if isinstance(value, dict) else None

    folder = checkout.folder / "metrics" / "embedded"
    metrics = {name: json.loads((folder / f"{name}.json").read_text()) for name in ("random", "gdig", "full")}
    assert keys(metrics["random"]) == keys(metrics["gdig"]) == keys(metrics["full"])
    assert list(metrics["gdig"]) == ["b0008"]
    assert set(metrics["gdig"]["b0008"]["bleu"]) == {"mean", "sd"}
    assert metrics["full"]["b0008"]["num_pairs"] > 100
    for name, value in metrics.items():
        assert (outputs(checkout) / "metrics" / f"{name}.json").read_bytes() == (folder / f"{name}.json").read_bytes()
        assert value["b0008"]["bleu"]["mean"] == round(value["b0008"]["bleu"]["mean"], 4)
    scores = json.loads((outputs(checkout) / "scores" / "gdig" / "8.json").read_text())
    assert "tok:13a" in scores["signatures"]["bleu"]
    assert [replicate["seed"] for replicate in scores["replicates"]] == [1, 2]


def test_loss_curves_of_every_cell_are_plots(checkout):
    shown = json.loads(checkout.run("dvc", "plots", "show", "--json").splitlines()[0])
    assert not shown.get("errors")
    curves = {name.split("::")[-1]: plots for name, plots in shown["data"].items() if "/curves/" in name}
    cells = [*(f"{selector}/8" for selector in ("random", "gdig")), "full/all", "warmup"]
    assert set(curves) == {f"data/embedded/curves/{cell}.csv" for cell in cells}
    values = curves["data/embedded/curves/gdig/8.csv"][0]["content"]["data"]["values"]
    for field in ("train_loss", "valid_loss"):
        losses = [float(row[field]) for row in values if row["field"] == field and row[field]]
        assert losses
        assert all(0 < loss < 20 for loss in losses)


def test_the_report_tells_what_it_came_from_and_costs_what_every_stage_took(checkout):
    html = (outputs(checkout) / "report" / "index.html").read_text("utf-8")
    assert "num_pool: 160" in html
    assert locked(checkout)["prepare@embedded"]["outs"][0]["md5"] in html
    picture = outputs(checkout) / "report" / "figures" / "clusters.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    told = checkout.run(sys.executable, "-m", "gdig.report.costs")
    assert "full pool" in told
    assert "not run on this machine" not in told


def test_the_report_has_the_same_bytes_each_time(checkout):
    before = digest(outputs(checkout) / "report")
    checkout.run(sys.executable, "-m", "stages", "report")
    assert digest(outputs(checkout) / "report") == before


def test_dvc_plots_draw_scores_against_the_budget_with_revisions_apart(restored):
    path = restored.folder / "metrics" / "embedded" / "budget_curve.csv"
    path.write_text(path.read_text("utf-8").replace(",BLEU,8,", ",BLEU,16,"), "utf-8")
    shown = json.loads(restored.run("dvc", "plots", "diff", "HEAD", "--json").splitlines()[0])
    assert not shown.get("errors")
    (plot,) = shown["data"]["metrics/embedded/budget_curve.csv"]
    assert plot["revisions"] == ["workspace", "HEAD"]
    drawn = vl_convert.vegalite_to_svg(json.dumps(plot["content"]), vl_version="5.8")
    for seen in ("BLEU", "chrF", "G-DIG", "random", "full pool", "workspace", "HEAD", "8", "16"):
        assert f">{seen}<" in drawn


def test_parts_are_disjoint_and_subsets_survive(checkout):
    folder = outputs(checkout) / "prepared"
    parts = [{p.src for p in read_pairs(folder / f"{n}.jsonl")} for n in ("pool", "seeds", "valid", "test")]
    assert sum(map(len, parts)) == len(set.union(*parts))
    subset = read_pairs(outputs(checkout) / "subsets" / "gdig" / "8.jsonl")
    assert len(subset) == 8
    survivors = {row["id"] for row in read_rows(outputs(checkout) / "quality" / "survivors.jsonl")}
    assert {pair.id for pair in subset} <= survivors
    ids, influence = read_matrix(outputs(checkout) / "influence", "influence")
    assert ids == [pair.id for pair in read_pairs(folder / "pool.jsonl")]
    assert influence.shape[1] == 16


def test_an_experiment_on_clusters_runs_what_follows_from_them_alone(checkout):
    try:
        ran = checkout.stages_run(checkout.dvc("exp", "run", "-S", "diversity.num_clusters=6"))
    finally:
        restore(checkout)
    names = {base_of(name) for name in ran}
    assert names <= {
        "clusters", "rank_gdig", "subset", "finetune", "translate", "score", "collect", "significance", "selection",
        "dataset", "report",
    }  # fmt: skip
    assert {"clusters@embedded", "rank_gdig@embedded", "selection@embedded"} <= set(ran)
    assert not any("random" in name or "full" in name for name in ran)


def test_sketches_are_taken_once_and_serve_any_damping_and_exact_influence_does_not_depend_on_them(restored):
    def ran(key, value):
        restored.change(key, value)
        return set(restored.stages_run(restored.dvc("repro", "sketch@embedded", "influence@embedded")))

    assert ran("gradients.sketch_rank", 24) == {"sketch@embedded"}
    exact = read_matrix(outputs(restored) / "influence", "influence")
    assert ran("influence.estimator", "sketch") == {"influence@embedded"}
    found = read_matrix(outputs(restored) / "influence", "influence")
    assert found[0] == exact[0]
    # 24 is the larger side of a linear here, so nothing is cut off.
    np.testing.assert_allclose(found[1], exact[1], rtol=0, atol=1e-3 * np.abs(exact[1]).mean())
    assert ran("influence.damping_value", 0.3) == {"influence@embedded"}


def test_focus_compares_selectors_and_runs_the_report_alone(checkout):
    try:
        ran = checkout.stages_run(checkout.dvc("exp", "run", "-S", "report.focus=random"))
        difference = json.loads(checkout.dvc("metrics", "diff", "--json").splitlines()[-1])
    finally:
        restore(checkout)
    assert ran == ["report@embedded"]
    assert "metrics/embedded/significance.json" not in difference
    changed = difference["metrics/embedded/focus.json"]
    assert changed["b0008.gain.seed_loss"]["new"] == 0


@pytest.mark.parametrize("name", ["budgets", "selectors", "influence.estimator"])
def test_dvc_status_says_what_the_stages_say(restored, name):
    """On the command line; tests/pipeline/test_optional_selectors.py has every key."""
    (key,) = [key for key in all_keys() if key.name == name]
    listed = ("stage", "list", "--name-only", *map(str, DVC_FILES[:2]))
    before = restored.dvc(*listed).split()
    write_params(restored.folder, edited(read_values(restored.folder / "params.yaml"), key))
    after = restored.dvc(*listed).split()
    does = effect_of(restored.folder, name)
    new = set(after) - set(before)
    assert {base_of(stage) for stage in new} == {base_of(stage) for stage in does.made}
    at_once = {base_of(stage) for stage in (*does.stale, *does.moved)}
    stale = set(changes(restored))
    optional = {stage for stage in stale if stage.startswith("selectors/")}
    assert {base_of(stage) for stage in optional} <= at_once
    assert stale - optional == {stage for stage in after if base_of(stage) in at_once} | new


def test_one_lock_holds_two_profiles_and_switching_back_runs_nothing(restored):
    profiles = restored.folder / "profiles"
    (profiles / "second.yaml").write_text("profile: second\npool:\n  num_pool: 150\n", "utf-8")

    def switch(name, *targets):
        assert f"profile {name} is in use" in restored.run(sys.executable, "-m", "gdig.tools.profile", "use", name)
        return restored.stages_run(restored.dvc("repro", *targets))

    assert switch("second", "prepare") == ["pool@second", "seeds@second", "prepare@second"]
    assert switch("embedded") == []
    assert is_up_to_date(restored)
    assert switch("second", "prepare") == []
    assert {"prepare@embedded", "report@embedded", "prepare@second"} <= set(locked(restored))
    assert switch("embedded") == []
    assert not (profiles / "default").exists()
    shutil.rmtree(restored.folder / "data" / "second")


def test_a_clone_without_artifacts_is_held_against_its_lock(checkout, tmp_path):
    clone = Checkout(tmp_path / "clone")
    checkout.run("git", "clone", "--quiet", ".", str(clone.folder))

    def verify(ok=False):
        return clone.run(sys.executable, "-m", "gdig.tools.verify", ok=ok).splitlines()

    assert verify(ok=True) == ["dvc.lock: 37 stages are as this code and these params make them"]
    assert not (clone.folder / ".dvc" / "cache" / "files").exists()
    assert "Running stage" not in clone.dvc("repro", "--dry", "--allow-missing")

    clone.change("diversity.num_clusters", 7)
    *told, error = verify()
    assert told == [
        "clusters@embedded is out of date",
        "dataset@embedded is out of date",
        "stages behind them: rank_gdig, subset, finetune, translate, score, collect, selection, significance, report",
    ]
    assert error.startswith("error: dvc.lock does not belong to this code and these params; run `make repro`")
    # What DVC does by itself: it breaks off at a missing folder, or ends well.
    assert "No such file or directory" in clone.dvc("repro", "--dry", "--allow-missing", ok=False)
    clone.run("git", "checkout", "--", ".")
    clone.change("embedded.boilerplate_share", 0.3)
    assert clone.stages_run(clone.dvc("repro", "--dry", "--allow-missing")) == ["pool@embedded"]

    clone.run("git", "checkout", "--", ".")
    for name in ("gdig/report/page.py", "metrics/embedded/gdig.json"):
        path = clone.folder / name
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    (clone.folder / "data" / "revisions" / "oracle").unlink()
    assert verify()[:-1] == [
        "data/revisions/oracle is missing, and DVC does not keep it",
        "collect@embedded-gdig is out of date",
        "report@embedded is out of date",
    ]


@pytest.mark.parametrize(
    ("key", "value", "stage", "message"),
    [
        ("pool.num_pol", 3, "pool", "params.yaml: pool.num_pol = 3 is not a known key"),
        ("diversity.num_clusters", 5000, "clusters", "num_clusters = 5000, but there are"),
        ("quality.min_survivors", 10_000, "quality", "candidates cannot leave 10000 survivors"),
        ("curvature.linears", ["mlp.nothing"], "curvature", "no linear is named model.layers.2.mlp.nothing"),
        ("base.model", "no/such/folder", "base", "base.model: there is no folder no/such/folder"),
        ("influence.memory_gib", 1e-6, "influence", "influence.memory_gib = 1e-06, but the gradients of"),
        ("seeds.revision", "no-such", "seeds", "there is no data/revisions/no-such/seeds.jsonl; import it with"),
    ],
)
def test_a_mistake_ends_in_one_line_and_changes_no_artifact(checkout, key, value, stage, message):
    params = checkout.folder / "params.yaml"
    before, artifacts = params.read_text("utf-8"), digest(outputs(checkout))
    try:
        checkout.change(key, value)
        output = checkout.run(sys.executable, "-m", "stages", stage, ok=False)
    finally:
        params.write_text(before, "utf-8")
    assert "error: " in output
    assert message in output
    assert "Traceback" not in output
    assert digest(outputs(checkout)) == artifacts


def test_help_says_what_a_stage_does(checkout):
    output = checkout.run(sys.executable, "-m", "stages", "finetune", "--help")
    assert "Finetune the base model on one subset" in output
    assert "--budget" in output


def test_influence_killed_at_any_moment_resumes_to_the_same_bytes(checkout):
    whole = {path.name: path.read_bytes() for path in sorted((outputs(checkout) / "influence").iterdir())}
    scratch = checkout.folder / ".dvc" / "cache" / "tmp" / "gdig"
    process = subprocess.Popen(
        [sys.executable, "-m", "stages", "influence"],
        cwd=checkout.folder,
        env=checkout.environment,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(scratch.glob("*-influence-*/shard-00003.parquet")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = sorted(path.name for path in scratch.glob("*-influence-*/shard-*.parquet"))
    assert 4 <= len(left) < len(whole)
    output = checkout.run(sys.executable, "-m", "stages", "influence")
    assert f"influence: {len(left)} of {len(whole)} shards found" in output
    assert {path.name: path.read_bytes() for path in sorted((outputs(checkout) / "influence").iterdir())} == whole
    assert not list(scratch.glob("*-influence-*/"))


def test_a_cell_that_fails_is_named_and_the_others_end(checkout):
    path = checkout.folder / "stages" / "score.py"
    before = path.read_text("utf-8")
    fault = "    if selector == 'gdig':\n        raise ValueError('broken here')\n"
    path.write_text(before.replace("    losses = ", fault + "    losses = "), "utf-8")
    try:
        output = checkout.run(sys.executable, "-m", "gdig.tools.cells", "--jobs", "2", ok=False)
    finally:
        path.write_text(before, "utf-8")
        restore(checkout)
    assert "error: broken here" in output
    assert "error: failed: cells/dvc.yaml:score@embedded-gdig-8; their messages stand above" in output
    assert "score_full@embedded: done" in output
    assert "score@embedded-random-8: done" in output


def test_a_cell_is_finetuned_by_two_processes_that_the_stage_starts_itself(restored, monkeypatch, tmp_path):
    config = tmp_path / "two.yaml"
    shipped = (restored.folder / "profiles" / "accelerate" / "ddp.yaml").read_text()
    config.write_text(shipped.replace("num_processes: 8", "num_processes: 2"))
    path = outputs(restored) / "losses" / "gdig" / "8.json"
    alone = json.loads(path.read_text())
    restored.change("finetune.resume_steps", 1)
    monkeypatch.setenv("GDIG_ACCELERATE_CONFIG", str(config))
    restored.dvc("repro", "--single-item", cell("embedded-gdig-8")[0])
    together = json.loads(path.read_text())
    assert [loss["valid_loss"] for loss in together] == pytest.approx([loss["valid_loss"] for loss in alone], abs=1e-3)
    record = json.loads((outputs(restored) / "finetuned" / "gdig" / "8" / "seed-2" / "record.json").read_text())
    assert record["world_size"] == 2
    assert not [name for name in os.listdir(outputs(restored) / "finetuned" / "gdig") if name != "8"]


def test_base_can_be_a_local_model_folder(restored):
    local = restored.folder.parent / "local-model"
    shutil.copytree(outputs(restored) / "base", local, dirs_exist_ok=True)
    weights = (local / "model.safetensors").read_bytes()
    restored.change("base.model", str(local))
    restored.run(sys.executable, "-m", "stages", "base")
    assert (outputs(restored) / "base" / "model.safetensors").read_bytes() == weights
    record = json.loads((outputs(restored) / "base" / "record.json").read_text())
    assert (record["model"], record["revision"], record["dtype"]) == ("local-model", None, "float32")
    assert record["files"]["model.safetensors"] == hashlib.sha256(weights).hexdigest()


def import_seeds(checkout, path, name):
    output = checkout.run(sys.executable, "-m", "gdig.seeds", "import", str(path), "--name", name)
    assert f"set seeds.revision: {name}" in output


def test_a_revision_by_hand_that_is_the_oracles_gives_its_bytes_and_runs_nothing_else(restored):
    """Someone mends every draft in a workbook as the oracle would."""
    before = digest(outputs(restored) / "seeds")
    path = restored.folder.parent / "seeds.xlsx"
    restored.run(sys.executable, "-m", "gdig.seeds", "export", "--out", str(path))
    book = load_workbook(path)
    originals = {pair.id: pair.trg for pair in read_pairs(outputs(restored) / "originals.jsonl")}
    for row in book["seeds"].iter_rows(min_row=2):
        row[2].value = originals[row[0].value]
    book.save(path)
    import_seeds(restored, path, "by-hand")
    restored.change("seeds.revision", "by-hand")
    assert restored.stages_run(restored.dvc("repro")) == ["seeds@embedded", "dataset@embedded"]
    assert digest(outputs(restored) / "seeds") == before


def test_own_files_and_a_revised_seed_file_reach_the_pool(restored):
    for name, count in (("train", 400), ("test", 30)):
        rows = [f"{name} Satz Nummer {n}\t{name} sentence number {n}\n" for n in range(count)]
        (restored.folder.parent / f"{name}.tsv").write_text("de\ten\n" + "".join(rows))
    for part, name, more in (("sources", "train", {"weight": 1.0}), ("tests", "test", {})):
        entry = {"name": name, "kind": "files", "path": f"../{name}.tsv", "columns": ["de", "en"]}
        restored.change(f"pool.{part}", [entry | more])
    restored.change("pool.valid", [])
    restored.change("pool.num_valid", 12)
    restored.change("noise.rate", 0.0)
    restored.run(sys.executable, "-m", "stages", "pool")
    sheet = restored.folder.parent / "revised.tsv"
    restored.run(sys.executable, "-m", "gdig.seeds", "export", "--out", str(sheet))
    sheet.write_text(sheet.read_text("utf-8").replace("sentence", "phrase"), "utf-8")
    import_seeds(restored, sheet, "mended")
    restored.change("seeds.revision", "mended")
    restored.run(sys.executable, "-m", "stages", "seeds")
    restored.run(sys.executable, "-m", "stages", "prepare")
    assert all("phrase" in pair.trg for pair in read_pairs(outputs(restored) / "prepared" / "seeds.jsonl"))
    assert len(read_pairs(outputs(restored) / "prepared" / "pool.jsonl")) == 160
    provenance = json.loads((outputs(restored) / "raw" / "provenance.json").read_text())
    assert provenance["sources"]["train"]["rows"]["seen"] == 400
