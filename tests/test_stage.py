import sys

import pytest

from gdig import stage
from tests.conftest import ROOT


def run(monkeypatch, main, *arguments):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["stage", *arguments])
    stage.run(main)


def test_main_gets_params_paths_and_the_cell(monkeypatch):
    seen = {}

    def main(params, paths, selector, budget):
        seen.update(profile=params.profile, subset=paths.subset.as_posix(), cell=(selector, budget))

    run(monkeypatch, main, "--selector", "gdig", "--budget", "64")
    assert seen == {
        "profile": "embedded", "subset": "data/embedded/subsets/gdig/64.jsonl", "cell": ("gdig", "64")
    }  # fmt: skip


@pytest.mark.parametrize("error", [ValueError("pair x is broken"), FileNotFoundError(2, "No such file", "pair x")])
def test_what_a_user_can_cause_is_one_line(monkeypatch, capsys, error):
    def main(params, paths):
        raise error

    monkeypatch.delenv("GDIG_DEBUG", raising=False)
    with pytest.raises(SystemExit) as exit_:
        run(monkeypatch, main)
    assert exit_.value.code == 1
    assert capsys.readouterr().err.count("error: ") == 1
    monkeypatch.setenv("GDIG_DEBUG", "1")
    with pytest.raises(type(error)):
        run(monkeypatch, main)


def test_a_fault_of_ours_shows_its_traceback(monkeypatch):
    def main(params, paths):
        raise KeyError("bug")

    with pytest.raises(KeyError):
        run(monkeypatch, main)


def test_a_cell_needs_its_arguments(monkeypatch, capsys):
    def main(params, paths, selector):
        pass

    with pytest.raises(SystemExit):
        run(monkeypatch, main)
    assert "--selector" in capsys.readouterr().err
