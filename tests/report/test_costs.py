"""The command that prints measured costs."""

import pytest

from gdig.report import costs as command
from gdig.report.lock import read_lock
from gdig.run import costs


@pytest.fixture
def measured(run, monkeypatch):
    """A run whose stages all have costs."""
    monkeypatch.setattr(command, "load_params", lambda: run.params)
    for stage in read_lock("toy", ["random", "gdig"], [8, 16]):
        costs.record("toy", stage.stage, stage.selector, stage.budget)
    return run


def test_selectors_phases_and_stages_are_printed(measured, capsys):
    command.main([])
    printed = capsys.readouterr().out
    for text in ("G-DIG", "data and base model", "choosing pairs", "training and scoring", "warmup", "cpu", "all"):
        assert text in printed
    assert "finetune gdig 16" not in printed
    command.main(["--runs"])
    assert "finetune gdig 16" in capsys.readouterr().out


def test_totals_add_up(measured):
    stages = read_lock("toy", ["random", "gdig"], [8, 16])
    found = command.total(stages, command.measured_on_this_machine("toy"))
    each = [costs.read("toy", stage.stage, stage.selector, stage.budget) for stage in stages]
    assert found.seconds == pytest.approx(sum(cost.seconds for cost in each))
    assert found.peak_bytes == max(cost.peak_bytes for cost in each)
    assert (found.num_measured, found.num_stages) == (len(stages), len(stages))
    (costs._file("toy", "pool", "", "")).unlink()
    partial = command.total(stages, command.measured_on_this_machine("toy"))
    assert f"({len(stages) - 1} of {len(stages)})" in partial.cells[1]


@pytest.mark.parametrize(("has_lock", "message"), [(True, "no stage of profile toy ran on this machine"),
                                                   (False, "dvc.lock has no stage of profile toy")])  # fmt: skip
def test_without_costs_one_line_says_so(run, monkeypatch, capsys, has_lock, message):
    monkeypatch.setattr(command, "load_params", lambda: run.params)
    if not has_lock:
        (run.folder / "dvc.lock").unlink()
    with pytest.raises(SystemExit) as stopped:
        command.main([])
    assert stopped.value.code == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "0.0 s"), (61, "1 min 01 s"), (3725, "1 h 02 min")])
def test_durations(seconds, text):
    assert command.clock(seconds) == text
