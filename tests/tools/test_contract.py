import ast
import copy
import statistics
from pathlib import Path

import pytest

from gdig.run.paths import Artifact, Paths
from gdig.tools import contract
from tests.conftest import ROOT

ORDER = [
    "io", "lm", "labels", "ingest", "cleaning", "seeds", "training", "base", "influence", "selection", "translate",
    "scoring", "significance", "selectors", "trials", "dataset", "report", "tools",
]  # fmt: skip
"""The direction in which data flows: a module imports only packages that stand before its own, or its own."""

ANYWHERE = {"config", "run"}


@pytest.fixture
def stages(monkeypatch):
    monkeypatch.chdir(ROOT)
    return contract.load_stages()


def test_dvc_yaml_lists_exactly_what_the_code_uses(stages):
    assert contract.check(stages) == []


def test_every_stage_module_is_in_the_dag_and_described(stages):
    modules = {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__", "__main__"}
    assert {stage["cmd"].split()[3] for stage in stages.values()} == modules


@pytest.mark.parametrize(
    ("stage", "key", "item", "problem"),
    [
        (
            "clusters",
            "deps",
            "gdig/selection",
            "clusters: code gdig/selection is used but not listed",
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
    broken["quality"]["deps"].append("gdig/influence")
    broken["quality"]["params"].append("noise")
    assert set(contract.check(broken)) == {
        "quality: code gdig/influence is listed but not used",
        "quality: param noise is listed but not used",
    }
    contract.fix(broken)
    assert contract.check(broken) == ["quality: param noise is listed but not used"]


def test_a_param_of_the_other_file_is_told(stages):
    stages = copy.deepcopy(stages)
    stages["rank_gdig_joint"]["params"] = ["budgets", "rank_gdig_joint"]
    assert contract.check(stages) == [
        "rank_gdig_joint: param rank_gdig_joint is listed as of params.yaml, but stands in selectors/params.yaml"
    ]


def test_sections_are_taken_whole_or_by_key():
    tree = ast.parse("f(params.pool.seed); g(params.noise); h(params.noise.rate); k(params.quality.min_survivors)")
    assert contract._params_used(tree) == {"pool.seed", "noise", "quality"}


def test_labels_reach_no_selector(stages):
    """Only what measures may see what is known of the pool."""
    seen = {name for name, stage in stages.items() if "data/${item.profile}/labels.jsonl" in stage.get("deps", [])}
    assert seen == {"collect", "collect_full", "selection", "trials", "dataset", "report"}


def test_a_stage_lists_few_directories(stages):
    """More would say that packages do not match stages."""
    counts = {name: len(contract.stage_uses(stage["cmd"]).code) for name, stage in stages.items()}
    assert max(counts.values()) <= 6, counts
    assert statistics.median(counts.values()) <= 3, counts


def test_no_stage_before_collect_reaches_report_or_tools(stages, tmp_path, monkeypatch):
    assert not any("reaches" in line for line in contract.check(stages))
    for name in ("gdig/report/x.py", "gdig/selection/y.py", "stages/early.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "gdig/report/x.py").write_text("")
    (tmp_path / "gdig/selection/y.py").write_text("from gdig.report import x\n")
    (tmp_path / "stages/early.py").write_text("from gdig.selection import y\n")
    monkeypatch.chdir(tmp_path)
    stage = {"cmd": "python -m stages early", "desc": "d", "deps": ["stages/early.py", "gdig/selection", "gdig/report"]}
    (problem,) = contract.check({"early": stage})
    assert problem == "early: reaches gdig/report/x.py, which only stages from collect on may"


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
        # Commands may use tools, such as profiles.
        if name.split(".")[1] in ANYWHERE | {"__init__"} or path.stem == "__main__":
            continue
        for imported in contract._imported(path.absolute()):
            module = ".".join(imported.with_suffix("").parts)
            if module.split(".")[1] not in ANYWHERE:
                assert place(module) <= place(name), f"{name} imports {module}"
            assert not module.startswith("stages"), f"{name} imports {module}"


def test_no_two_artifacts_share_a_path():
    paths = Paths(
        profile="p",
        selector="s",
        budget="1",
        scorer="a",
        small_scorer="b",
        before="c",
        kind="k",
        answers="d",
        external="e",
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
    assert "gdig/lm/passes/processes.py" not in contract.stage_uses("python -m stages pool").modules
    assert "gdig/lm/passes/processes.py" in contract.stage_uses("python -m stages curvature").modules
