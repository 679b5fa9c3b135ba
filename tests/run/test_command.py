import os
import subprocess
import sys

import pytest
from dvc.exceptions import DvcException

from gdig.run.command import command
from tests.conftest import ROOT


@pytest.mark.parametrize(
    "error", [ValueError("line 3 is broken"), FileNotFoundError(2, "No such file", "a.tsv"), DvcException("no remote")]
)
def test_what_a_user_can_cause_is_one_line(monkeypatch, capsys, error):
    @command
    def main():
        raise error

    monkeypatch.delenv("GDIG_DEBUG", raising=False)
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 1
    assert capsys.readouterr().err == f"error: {error}\n"
    monkeypatch.setenv("GDIG_DEBUG", "1")
    with pytest.raises(type(error)):
        main()


def test_a_fault_of_ours_shows_its_traceback():
    @command
    def main():
        raise KeyError("bug")

    with pytest.raises(KeyError):
        main()


def test_arguments_and_results_pass_through():
    @command
    def main(a, *, b):
        return a + b

    assert main(1, b=2) == 3


ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "LC_", "LANG"))}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_output_suits_any_terminal(encoding):
    script = (
        "from gdig.run.command import command\n"
        "@command\n"
        "def main():\n"
        "    print('Übung 日本')\n"
        "    raise ValueError('日本 is broken')\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False,
        env=ENVIRONMENT | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert done.stdout.decode(encoding).strip() == "Übung 日本".encode(encoding, "backslashreplace").decode(encoding)


@pytest.mark.parametrize(
    "module", ["gdig.tools.contract", "gdig.tools.verify", "gdig.tools.profile list", "gdig.tools.evidence list",
               "gdig.tools.ablation list", "gdig.report.costs", "benchmarks.margins"],
)  # fmt: skip
def test_outside_the_root_a_command_names_it_in_one_line(tmp_path, module):
    done = subprocess.run(
        [sys.executable, "-m", *module.split()], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: there is no ")
    assert done.stderr.endswith(f" here; commands run in the root of the repository: cd {ROOT}\n")
    assert done.stderr.count("\n") == 1
