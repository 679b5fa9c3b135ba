import subprocess
import sys
from pathlib import Path

import pytest

from gdig.config import parse_params
from gdig.run.requirements import check_requirements
from gdig.scoring.environment import FOLDER, VARIABLE, check_environment, main, metrics_python
from tests.conftest import default_values, write_params

COMET = {"model": "Unbabel/wmt22-comet-da", "revision": None, "batch_size": 16, "precision": "float16"}


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A place without an environment of metrics, but for those that a test makes."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "site" / ".venv"))
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(folder: Path) -> Path:
    python = folder / FOLDER / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return python


def test_it_lies_beside_the_environment_that_runs_or_where_it_runs(elsewhere, monkeypatch):
    with pytest.raises(
        ValueError, match=r"^score.comet: .* make it with `make metrics`, or name .* GDIG_METRICS_PYTHON$"
    ):
        metrics_python("score.comet")
    here = put(elsewhere)
    assert metrics_python("score.comet") == here
    beside = put(elsewhere / "site")
    assert metrics_python("score.comet") == beside
    monkeypatch.setenv(VARIABLE, str(here))
    assert metrics_python("score.comet") == here
    monkeypatch.setenv(VARIABLE, str(elsewhere / "nothing"))
    with pytest.raises(ValueError, match="^score.comet: GDIG_METRICS_PYTHON = .*nothing, which is no program; name"):
        metrics_python("score.comet")


BLEURT = {"model": "m", "revision": None, "batch_size": 1}
QE = ["random", "gdig", "comet_qe"]


@pytest.mark.parametrize(
    ("section", "changes", "key"),
    [
        ("score", {"comet": COMET}, "score.comet"),
        ("score", {"bleurt": BLEURT}, "score.bleurt"),
        ("selectors", QE, "comet_qe"),
        ("selectors", ["random", "gdig", "fusion"], "comet_qe"),
        ("selectors", ["random", "gdig", "gdig_filtered"], "comet_qe"),
    ],
)
def test_it_is_needed_by_learned_metrics_and_selectors_by_them_alone(elsewhere, section, changes, key):
    values = default_values()
    values["significance"]["num_samples"] = 5000
    values["fusion"]["rankings"] = QE
    values["filter"]["scores"] = [{"ranking": "comet_qe", "drop_share": 0.1, "min_score": None}]
    check_environment(parse_params(values, "params.yaml"))
    values[section] = changes if section == "selectors" else values[section] | changes
    with pytest.raises(ValueError, match=f"^{key}: COMET and BLEURT run in an environment"):
        check_environment(parse_params(values, "params.yaml"))


def test_a_run_asks_for_it_at_its_start(elsewhere):
    values = default_values()
    values["score"]["comet"] = COMET
    values["significance"]["num_samples"] = 2000
    params = parse_params(values, "params.yaml")
    with pytest.raises(ValueError, match=r"^score\.comet: "):
        check_requirements(params)
    put(elsewhere)
    check_requirements(params)


def test_make_asks_whether_to_make_it(elsewhere, monkeypatch):
    values = default_values()
    write_params(elsewhere, values)
    with pytest.raises(SystemExit):
        main()
    values["score"]["comet"] = COMET
    values["significance"]["num_samples"] = 2000
    write_params(elsewhere, values)
    main()
    put(elsewhere)
    with pytest.raises(SystemExit):
        main()


def test_what_runs_there_imports_nothing_that_it_has_not():
    """No package of the main environment that is newer than it may have."""
    program = "import gdig.scoring.comet, gdig.scoring.bleurt"
    subprocess.run([metrics_python("comet"), "-c", program], check=True, cwd=Path(__file__).parents[2])
