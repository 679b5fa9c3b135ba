import sys

from ruamel.yaml import YAML

from gdig.report.charts import dag
from gdig.run.paths import DVC_FILES
from tests.conftest import ROOT


def stages(files=DVC_FILES):
    yaml = YAML(typ="safe", pure=True)
    found = {}
    for name in files:
        found |= yaml.load((ROOT / name).read_text(encoding="utf-8"))["stages"]
    return found


def test_every_stage_has_its_place(params):
    core = stages(DVC_FILES[:2])
    ranks = {f"rank_{selector}" for selector in ("full", *params.selectors)}
    others = {name for name in core if not name.endswith("_full") and name[:5] != "rank_"}
    assert set(dag.PLACES) == ranks | others | {"controls", "cleanliness"}


def test_the_arrows_are_those_of_dvc_yaml():
    arrows = dag._reduced(dag.edges(stages()))
    assert {
        ("warmup", "curvature"),
        ("curvature", "influence"),
        ("influence", "quality"),
        ("sketch", "influence"),
    } <= arrows
    assert ("warmup", "influence") not in arrows  # follows from the way over curvature


def test_the_picture_and_its_committed_copy_name_every_stage(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["dag", str(tmp_path / "dag.svg")])
    dag.main()
    for picture in (tmp_path / "dag.svg", ROOT / "docs" / "dag.svg"):
        drawn = picture.read_text(encoding="utf-8")
        assert [name for name in dag.PLACES if f">{name}<" not in drawn] == [], "run `make figures`"
