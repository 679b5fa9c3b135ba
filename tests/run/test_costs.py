import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dvc.repo import Repo

from gdig.io.folders import scratch_root
from gdig.run import costs
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("GDIG_SCRATCH", str(tmp_path))
    monkeypatch.setattr(costs, "_worked", multiprocessing.Array("d", 2))  # other tests run models
    return tmp_path / "costs"


def test_the_last_run_of_a_cell_is_kept(kept):
    assert costs.read("p", "score", "gdig", "64") is None
    costs.record("p", "score", "gdig", "64")
    first = costs.read("p", "score", "gdig", "64")
    spent = time.process_time() + 0.3
    while time.process_time() < spent:
        pass
    costs.record("p", "score", "gdig", "64")
    last = costs.read("p", "score", "gdig", "64")
    assert last.processor_seconds >= first.processor_seconds + 0.25
    assert last.seconds > first.seconds
    assert 2**25 < last.peak_bytes < 2**40
    assert (last.device, last.num_processes) == ("cpu", 1)
    assert [path.name for path in (kept / "p").iterdir()] == ["score-gdig-64.json"]
    assert costs.read("p", "score", "gdig", "8") is None


def test_what_cannot_be_kept_or_read_does_no_harm(kept, caplog):
    kept.write_text("no folder")
    costs.record("p", "pool")
    assert "the cost of pool is not kept" in caplog.text
    assert costs.read("p", "pool") is None
    kept.unlink()
    (kept / "p").mkdir(parents=True)
    (kept / "p" / "pool.json").write_text("{}")
    assert costs.read("p", "pool") is None


@pytest.mark.parametrize("moved", [False, True])
def test_costs_lie_beside_unfinished_work_in_the_cache_folder_of_dvc(tmp_path, monkeypatch, moved):
    monkeypatch.delenv("GDIG_SCRATCH")
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "-q"], check=True)
    if moved:
        subprocess.run([*dvc, "config", "--local", "cache.dir", "../elsewhere"], check=True)
    costs.record("p", "score")
    cache = tmp_path.parent / "elsewhere" if moved else tmp_path / ".dvc" / "cache"
    assert scratch_root() == cache / "tmp" / "gdig"
    assert (scratch_root() / "costs" / "p" / "score.json").is_file()
    with Repo() as repo:
        assert Path(repo.cache.local.path).parent.parent == cache


def test_a_stage_keeps_its_cost_and_nothing_else_does(kept):
    script = (
        "import sys, types\n"
        "from gdig.run import stage\n"
        "module = types.ModuleType({name!r})\n"
        "exec('def main(params, paths, selector): pass', module.__dict__)\n"
        "sys.modules[{name!r}] = module\n"
        "stage.run(module.main)\n"
    )
    for name in ("stages.toy", "elsewhere.toy"):
        command = [sys.executable, "-c", script.format(name=name), "--selector", "gdig"]
        subprocess.run(command, cwd=ROOT, check=True)
    assert [path.name for path in kept.rglob("*.json")] == ["toy-gdig.json"]
    assert json.loads((kept / "embedded" / "toy-gdig.json").read_text())["seconds"] > 0


def test_stages_that_run_models_stand_in_the_profiles_resources(kept, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    costs.record("p", "pool")
    assert not costs.resources_file("p").exists()
    with costs.working() as count, costs.working() as inner:
        inner(100)
        count(3)
    costs.record("p", "finetune", "gdig", "64")
    costs.record("p", "translate", "gdig", "64")
    found = json.loads(costs.resources_file("p").read_text())
    assert list(found) == ["finetune-gdig-64", "translate-gdig-64"]
    row = found["finetune-gdig-64"]
    assert row["pairs"] == 3
    assert row["pairs_per_second"] > 0
    assert 0.02 < row["peak_gib"] < 2**10
    assert (row["device"], row["device_peak_gib"]) == ("cpu", 0)


def test_forked_replicates_add_to_their_stage(kept, tmp_path):
    script = (
        "import multiprocessing\n"
        "from gdig.run import costs\n"
        "def work(number):\n"
        "    with costs.working() as count:\n"
        "        count(number)\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    pool.map(work, [5, 7])\n"
        "costs.record('p', 'warmup')\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert json.loads((tmp_path / costs.resources_file("p")).read_text())["warmup"]["pairs"] == 12


def test_cells_that_end_together_lose_no_row(kept, tmp_path):
    script = (
        "import sys\n"
        "from gdig.run import costs\n"
        "with costs.working() as count:\n"
        "    count(1)\n"
        "for number in range(20):\n"
        "    costs.record('p', 'score', sys.argv[1], str(number))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script]
    running = [subprocess.Popen([*command, name], cwd=tmp_path, env=environment) for name in ("a", "b")]
    assert [process.wait() for process in running] == [0, 0]
    assert len(json.loads((tmp_path / costs.resources_file("p")).read_text())) == 40
