import json
import shutil
from pathlib import Path

import pytest

from benchmarks import margins
from tests.conftest import ROOT, default_values, write_params


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder with params and the committed metrics."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GDIG_DEBUG", raising=False)
    shutil.copytree(ROOT / margins.METRICS, margins.METRICS)
    return default_values()


def error_of(capsys):
    with pytest.raises(SystemExit) as exit_:
        margins.main()
    assert exit_.value.code == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"selectors": ["random", "gdig", "base_loss"]}, "params.yaml: selectors lack 'gdig_joint', but the claims"),
        ({"selectors": ["random", "gdig_joint", "gdig"]}, "params.yaml: selectors lack 'base_loss', but the claims"),
        ({"profile": "mine"}, "params.yaml: profile = 'mine', but the claims are of the embedded default"),
    ],
)
def test_claims_are_not_checked_on_other_params(site, capsys, change, message):
    write_params(Path(), site | change | {"report": site["report"] | {"focus": "gdig"}})
    assert error_of(capsys).startswith(f"error: {message}")


@pytest.mark.parametrize("name", ["gdig", "base_loss", "cleanliness"])
def test_metrics_that_are_missing_are_named(site, capsys, name):
    write_params(Path(), site)
    (margins.METRICS / f"{name}.json").unlink()
    assert error_of(capsys) == f"error: {margins.METRICS}/{name}.json is missing; run `make repro` first\n"


def test_a_claim_that_fails_is_told(site, capsys):
    write_params(Path(), site)
    path = margins.METRICS / "selection.json"
    metrics = json.loads(path.read_text())
    metrics["detection"]["precision"] = 0.5
    path.write_text(json.dumps(metrics))
    with pytest.raises(SystemExit):
        margins.main()
    assert "FAIL precision of the survivors 0.500, wanted 0.95" in capsys.readouterr().out
