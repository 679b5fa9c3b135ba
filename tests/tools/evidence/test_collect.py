import json

import pytest

from gdig.tools.compare.snapshot import UnavailableError
from gdig.tools.evidence import collect
from gdig.tools.evidence.conditions import Condition
from gdig.tools.experiments import Experiment


@pytest.mark.parametrize(
    ("selectors", "committed", "expected"),
    [(["random", "gdig_joint"], True, {"noise": 1}), (["random"], True, None), (["random", "gdig_joint"], False, None)],
)
def test_an_estimate_of_noise_is_of_the_condition_itself(tmp_path, monkeypatch, selectors, committed, expected):
    """Without the selector that makes it, the experiment has the file of the commit that it began at."""

    class Snapshot:
        def __init__(self, revision, folder):
            pass

        def get(self, path):
            if path.name == "cleanliness.json" and not committed:
                raise UnavailableError(f"{path} is not known there")
            return tmp_path / path.name

    (tmp_path / "params.yaml").write_text(f"selectors: {json.dumps(selectors)}")
    (tmp_path / "cleanliness.json").write_text('{"noise": 1}')
    (tmp_path / "trials.json").write_text('{"bleu": {}, "split": "test"}')
    (tmp_path / "trials.jsonl").write_text('{"id": "random/8/1", "bleu": 1.0}\n')
    monkeypatch.setattr(collect, "Snapshot", Snapshot)
    condition = Condition("mini", "p", 11, 0.5, "all", Experiment("evidence-mini", (), "trials"))
    summary, run = collect._rows(condition, tmp_path)
    assert summary["cleanliness"] == expected
    assert (run["id"], run["experiment"]) == ("evidence-mini/random/8/1", "evidence-mini")
