import json
from pathlib import Path

from gdig.report.lock import CHOOSING, of_selectors, read_lock, upstream


def test_stages_of_a_profile_are_those_that_params_name(run):
    stages = read_lock("toy", ["random", "gdig"], [8, 16])
    assert [stage.name for stage in stages if stage.stage == "finetune"] == [
        "finetune random 8", "finetune random 16", "finetune gdig 8", "finetune gdig 16"
    ]  # fmt: skip
    assert "report" not in {stage.stage for stage in stages}
    needed = [stage.name for stage in upstream(stages, ["data/toy/metrics/gdig.json"])]
    assert needed == ["pool", "base", "warmup", "rank_gdig", "finetune gdig 8", "finetune gdig 16", "collect gdig"]


def test_the_order_follows_dependencies_and_not_the_file(run):
    before = read_lock("toy", ["random", "gdig"], [8, 16])
    lock = json.loads(Path("dvc.lock").read_text())
    lock["stages"] = dict(reversed(lock["stages"].items()))
    Path("dvc.lock").write_text(json.dumps(lock))
    assert read_lock("toy", ["random", "gdig"], [8, 16]) == before
    place = {stage.name: number for number, stage in enumerate(before)}
    assert all(place[needed.name] < place[stage.name] for stage in before
               for needed in upstream(before, [artifact.path for artifact in stage.inputs]))  # fmt: skip


def test_code_is_no_input(run):
    lock = json.loads(Path("dvc.lock").read_text())
    read = ("gdig/ingest", "stages/pool.py", "data/judge")
    lock["stages"]["pool@toy"]["deps"] = [{"path": path, "md5": "0"} for path in read]
    Path("dvc.lock").write_text(json.dumps(lock))
    pool = next(stage for stage in read_lock("toy", ["random"], [8]) if stage.stage == "pool")
    assert [artifact.path for artifact in pool.inputs] == ["data/judge"]


def test_a_ranking_that_another_selector_reads_belongs_to_that_selector(run):
    lock = json.loads(Path("dvc.lock").read_text())
    for name, reads in (
        ("loss", "raw/pool.jsonl"),
        ("gdig", "rankings/loss/ranking.jsonl"),
        ("reward", "raw/pool.jsonl"),
    ):
        lock["stages"][f"rank_{name}@toy"] = {
            "cmd": f"python -m stages rank_{name} --selector {name}",
            "deps": [{"path": f"data/toy/{reads}", "md5": "0", "size": 5}],
            "outs": [{"path": f"data/toy/rankings/{name}/ranking.jsonl", "md5": "1", "size": 7}],
        }
    lock["stages"]["selection@toy"] = {
        "cmd": "python -m stages selection",
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
