import ast
import copy
import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from gdig.config import FEATURES_OF, JUDGE_KINDS, SCORERS, load_params
from gdig.run.paths import Artifact, Paths
from gdig.tools import contract
from tests.conftest import ROOT

ORDER = [
    "processes", "files", "growing", "folders", "alone", "costs", "order", "records", "fetch", "judge", "data",
    "sheets", "seeds", "model", "training", "curvature", "projection", "shards", "token_losses", "influence",
    "quality", "cleanliness", "lds", "clusters", "kcenter", "facility_location", "determinantal", "spectral", "bounded",
    "experience", "indicators", "regression", "selectors", "ranking", "replicates", "translate", "score", "statistics",
    "significance", "detection", "trials", "gains", "efficiency", "dataset", "humaneval", "report", "experiments",
    "compare", "ablation", "evidence",
]  # fmt: skip
"""The direction in which data flows: a module imports only what stands before it, or beside it."""

ANYWHERE = {
    "config",
    "paths",
    "stage",
    "progress",
    "profile",
    "contract",
    "cells",
    "reference",
    "verify",
    "overlay",
    "preflight",
    "fsck",
}


@pytest.fixture
def stages(monkeypatch):
    monkeypatch.chdir(ROOT)
    return YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


def test_dvc_yaml_lists_exactly_what_the_code_uses(stages):
    assert contract.check(stages) == []


def test_every_stage_module_is_in_the_dag_and_described(stages):
    modules = {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__"}
    assert {stage["cmd"].split()[2].removeprefix("stages.") for stage in stages.values()} == modules


@pytest.mark.parametrize(
    ("stage", "key", "item", "problem"),
    [
        (
            "clusters",
            "deps",
            "gdig/selection/clusters.py",
            "clusters: module gdig/selection/clusters.py is used but not listed",
        ),
        ("finetune", "params", "prompt", "finetune: param prompt is used but not listed"),
        ("influence", "deps", "data/${item.profile}/curvature.safetensors", "curvature.safetensors is used but not"),
        ("quality", "outs", "data/${item.profile}/quality/summary.json", "quality/summary.json is used but not listed"),
    ],
)
def test_a_missing_line_is_told(stages, stage, key, item, problem):
    broken = copy.deepcopy(stages)
    broken[stage][key].remove(item)
    assert any(problem in line for line in contract.check(broken))


def test_a_line_too_many_is_told_and_fix_removes_it(stages):
    broken = copy.deepcopy(stages)
    broken["quality"]["deps"].append("gdig/influence.py")
    broken["quality"]["params"].append("noise")
    assert set(contract.check(broken)) == {
        "quality: module gdig/influence.py is listed but not used",
        "quality: param noise is listed but not used",
    }
    contract.fix(broken)
    assert contract.check(broken) == ["quality: param noise is listed but not used"]


def test_sections_are_taken_whole_or_by_key():
    tree = ast.parse("f(params.pool.seed); g(params.noise); h(params.noise.rate); k(params.quality.min_survivors)")
    assert contract._params_used(tree) == {"pool.seed", "noise", "quality"}


def test_labels_reach_no_selector(stages):
    """Only what measures may see what is known of the pool."""
    seen = {name for name, stage in stages.items() if "data/${item.profile}/labels.jsonl" in stage.get("deps", [])}
    assert seen == {"collect", "collect_full", "selection", "trials", "dataset", "report"}


def test_the_stages_of_a_selector_have_the_features_that_it_is_said_to_need(stages):
    params = load_params(ROOT / "params.yaml")
    read = {
        "rank_superfiltering.scorer": params.rank_superfiltering.scorer,
        "rank_delta_loss.before": params.rank_delta_loss.before,
    }
    every = {"scorer": SCORERS, "kind": JUDGE_KINDS}
    stages = {
        f"{name}{each}": _with(stage, read | {f"item.{dimension}": each})
        for name, stage in stages.items()
        for dimension in [next((key for key in every if key in stage["matrix"]), "")]
        for each in every.get(dimension, [""])
    }
    owner = {out: name for name, stage in stages.items() for out in contract._outs(stage)}

    def upstream(name):
        before = {owner[dep] for dep in stages[name]["deps"] if dep in owner}
        return {name}.union(*map(upstream, before))

    def feature(name):
        found = re.findall(r"\$\{features\.(\w+)\}", str(stages[name]["matrix"]))
        return found[0] if found else ""

    for path in (ROOT / "stages").glob("rank_*.py"):
        found = {feature(name) for name in upstream(path.stem)} - {""}
        needed = {need.partition(".")[0] for need in FEATURES_OF.get(path.stem.removeprefix("rank_"), ())}
        assert found == needed, path.stem


def _with(stage, values):
    """Return a stage with some of the keys in its text replaced by their values."""
    text = json.dumps(stage)
    for key, value in values.items():
        text = text.replace(f"${{{key}}}", value)
    return json.loads(text)


def test_stage_modules_hand_params_and_paths_to_nobody():
    """What a stage uses must be visible in its module."""
    for path in (ROOT / "stages").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        attributes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in ("params", "paths"):
                assert id(node) in attributes, f"{path.name}:{node.lineno} uses all of {node.id}"


def test_imports_follow_the_data(monkeypatch):
    monkeypatch.chdir(ROOT)

    def place(module):
        return ORDER.index(module.split(".")[1])

    for path in Path("gdig").rglob("*.py"):
        name = ".".join(path.with_suffix("").parts)
        if name.split(".")[1] in ANYWHERE | {"__init__"}:
            continue
        for imported in contract._import_closure(path):
            module = imported.removesuffix(".py").replace("/", ".")
            if module.split(".")[1] not in ANYWHERE:
                assert place(module) <= place(name), f"{name} imports {module}"
            assert not module.startswith("stages"), f"{name} imports {module}"


def test_no_two_artifacts_share_a_path():
    paths = Paths(
        profile="p", selector="s", budget="1", scorer="a", small_scorer="b", before="c", kind="k", answers="d"
    )
    names = [name for name in dir(Paths) if not name.startswith("_") and isinstance(getattr(Paths, name), Artifact)]
    found = [getattr(paths, name) for name in names]
    assert len(set(found)) == len(found)


def test_command_line(stages, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["contract"])
    with pytest.raises(SystemExit) as error:
        contract.main()
    assert error.value.code == 0
    assert "stages match the code" in capsys.readouterr().out


def test_what_an_exempt_module_imports_is_no_dependency_of_a_stage():
    """stage.py imports processes.py; a stage that does not divide its work must not depend on it."""
    assert "gdig/lm/passes/processes.py" not in contract.stage_uses("python -m stages.pool").modules
    assert "gdig/lm/passes/processes.py" in contract.stage_uses("python -m stages.curvature").modules
