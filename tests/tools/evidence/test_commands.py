"""The commands in a repository of Git and DVC, whose stage `trials` writes what it finds in params."""

import shutil
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from gdig.io.records import read_rows
from tests.conftest import ROOT, default_values, write_params
from tests.pipeline.conftest import Checkout

pytestmark = pytest.mark.slow

GRIDS = {
    "mini": {"question": "Which?", "profile": "evidence", "pools": [11, 12], "rates": [0, 0.5], "set": ["budgets=[8]"]},
    "other": {"question": "What else?", "profile": "evidence", "pools": [11], "rates": [0.5], "kinds": ["shuffled"]},
}
STAGE = """
import json, pathlib, sys
from ruamel.yaml import YAML
params = YAML(typ="safe").load(pathlib.Path("params.yaml"))
if params["pool"]["seed"] == 12 and params["noise"]["rate"]:
    sys.exit("this one fails")
rows = [
    {"id": f"{name}/8/1", "selector": name, "budget": 8, "seed": 1, "bleu": gain + params["pool"]["seed"],
     "chrf": 50.0, "rate_seen": params["noise"]["rate"], "noise_seed": params["noise"]["seed"]}
    for name, gain in (("random", 0.0), ("loss", 1.0), ("gdig", 3.0))
]
for folder in ("data/evidence", "metrics/evidence"):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
pathlib.Path("data/evidence/trials.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in rows))
summary = {"split": "test", "num_pool": 9, "detection": None, "bleu": {}}
pathlib.Path("metrics/evidence/trials.json").write_text(json.dumps(summary))
"""
PIPELINE = {
    "vars": ["../params.yaml"],
    "stages": {
        "trials": {
            "wdir": "..",
            "matrix": {"profile": ["${profile}"]},
            "cmd": "python stage.py",
            "params": ["pool", "noise", "budgets"],
            "deps": ["stage.py"],
            "outs": ["data/evidence/trials.jsonl"],
            "metrics": [{"metrics/evidence/trials.json": {"cache": False}}],
        }
    },
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evidence") / "repository"
    folder.mkdir()
    shutil.copytree(ROOT / "profiles", folder / "profiles")
    write_params(folder, default_values())
    (folder / "stage.py").write_text(STAGE)
    for name, content in (("evidence.yaml", GRIDS), ("selectors/dvc.yaml", PIPELINE)):
        with (folder / name).open("w", encoding="utf-8") as stream:
            YAML().dump(content, stream)
    site = Checkout(folder)
    site.run("git", "init", "--quiet")
    site.run("git", "config", "user.name", "t")
    site.run("git", "config", "user.email", "t@example.org")
    site.dvc("init", "--quiet")
    site.commit()
    return site


def evidence(site, *arguments, ok=True):
    return site.run(sys.executable, "-m", "gdig.tools.evidence", *arguments, ok=ok)


def test_a_grid_is_run_collected_in_part_and_shown(site, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert "no condition of mini was run" in evidence(site, "collect", "mini", ok=False)
    assert "evidence-mini-11-0.5" in evidence(site, "commands", "mini")
    output = evidence(site, "run", "mini", ok=False)
    assert "error: failed: evidence-mini-12-0.5" in output
    done = {"evidence-mini-11-0", "evidence-mini-11-0.5", "evidence-mini-12-0"}
    assert set(site.dvc("exp", "list", "--name-only").split()) == done
    assert site.run("git", "status", "--porcelain") == ""
    assert "mini: Which? Profile evidence, 3 of 4 conditions were run." in evidence(site, "list")

    output = evidence(site, "collect")
    assert "metrics/grids/mini.jsonl: 3 of 4 conditions" in output
    assert "mini: not run from this commit: evidence-mini-12-0.5" in output
    assert "other" not in output
    path = Path(site.folder) / "metrics" / "grids" / "mini.jsonl"
    rows = read_rows(path)
    assert [row["id"] for row in rows if row["row"] == "condition"] == [
        "evidence-mini-11-0", "evidence-mini-11-0.5", "evidence-mini-12-0",
    ]  # fmt: skip
    runs = {row["id"]: row for row in rows if row["row"] == "run"}
    assert len(runs) == 9
    found = runs["evidence-mini-12-0/gdig/8/1"]
    assert (found["pool"], found["rate"], found["kind"], found["profile"]) == (12, 0, "all", "evidence")
    assert (found["bleu"], found["rate_seen"], found["noise_seed"]) == (15, 0, 14)
    before = path.read_bytes()
    evidence(site, "collect", "mini")
    assert path.read_bytes() == before

    shown = evidence(site, "show")
    assert "mini: Which?" in shown
    assert "noise 0, 8 pairs: BLEU over 2 pools" in shown
    assert "noise 0.5, 8 pairs: BLEU over 1 pool" in shown
    assert "| G-DIG | 14.50 | +3.00" in evidence(site, "show", "mini", "--markdown")
    evidence(site, "figure", "mini", "--out", "mini.svg")
    assert (site.folder / "mini.svg").read_text().startswith("<svg")
    assert "metrics/grids/other.jsonl is not there" in evidence(site, "show", "other", ok=False)

    # What was run is not run again; what failed is.
    output = evidence(site, "run", "mini", ok=False)
    assert output.count("was run from this commit") == 3
    assert [line for line in output.splitlines() if line.startswith("> dvc exp run")] == [
        line for line in output.splitlines() if "--name evidence-mini-12-0.5" in line
    ]
    (site.folder / "evidence.yaml").write_text("edited: {}\n")
    assert "error: evidence.yaml: edited.question" in evidence(site, "run", "mini", ok=False)
    site.run("git", "checkout", "--", "evidence.yaml")
    (site.folder / "stage.py").write_text(STAGE + "\n")
    assert "error: stage.py differs from the last commit" in evidence(site, "run", "mini", ok=False)
    site.run("git", "checkout", "--", "stage.py")
