"""A run that is killed and started again, against one that is left alone."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from gdig.io.folders import SCRATCH_VARIABLE
from gdig.lm.passes import processes
from gdig.training import checkpointing as unfinished
from gdig.training.run_dir import publish, run_dir
from gdig.training.trainer import ResponseTrainer
from tests.conftest import ROOT
from tests.training.toy import evaluation, lora, memory, run

WORK = """
import sys
from pathlib import Path
from gdig.training.run_dir import publish, run_dir
from tests.training.toy import evaluation, run

out = Path(sys.argv[1])
with run_dir(out, 3, "inputs", []) as work:
    for seed in (1, 2):
        if not (work / "done" / f"seed-{seed}").is_dir():
            print(f"seed {seed}", flush=True)
            run(work / "done" / f"seed-{seed}", seed=seed, evaluated=evaluation(2), resume_steps=3, epochs=16.0)
    publish(work / "done", out)
"""


def bytes_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_as_if_it_had_not_been(tmp_path):
    """Byte for byte; the moments follow the first checkpoint, later ones, and the second replicate."""
    script = tmp_path / "work.py"
    script.write_text(WORK)
    generator = random.Random(5)

    def start(name):
        variables = {
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            SCRATCH_VARIABLE: str(tmp_path / f"{name}-scratch"),
        }
        command = [sys.executable, str(script), str(tmp_path / name / "out")]
        return subprocess.Popen(command, cwd=ROOT, env=os.environ | variables, stdout=subprocess.PIPE, text=True)

    assert start("alone").wait(timeout=120) == 0
    kills = 0
    scratch = tmp_path / "killed-scratch"
    for pattern in ("*/done/.seed-1*/checkpoint-3", "*/done/.seed-1*/checkpoint-2*", "*/done/.seed-2*/checkpoint-*"):
        process = start("killed")
        while process.poll() is None and not list(scratch.glob(pattern)):
            time.sleep(0.002)
        time.sleep(generator.uniform(0, 0.1))
        process.kill()
        kills += process.wait() == -signal.SIGKILL
    assert kills == 3
    assert not (tmp_path / "killed" / "out").exists()
    last = start("killed")
    assert last.communicate(timeout=120)[0] == "seed 2\n"
    assert bytes_of(tmp_path / "killed" / "out") == bytes_of(tmp_path / "alone" / "out")
    assert [path.suffix for path in scratch.iterdir()] == [".lock"]


def test_what_a_kill_left_beside_a_finished_run_is_not_published(tmp_path):
    run(tmp_path / "done" / "seed-1")
    unfinished.folder_of(tmp_path / "done" / "seed-1").mkdir()
    publish(tmp_path / "done", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["seed-1"]


class Killed(BaseException):
    """As good as a kill for what stands on the disk."""


@pytest.mark.parametrize("at", [4, 9])
def test_adapters_with_dropout_are_resumed_too(tmp_path, monkeypatch, at):
    how = memory(lora=lora(dropout=0.3))
    run(tmp_path / "alone", how=how, evaluated=evaluation(2), resume_steps=3, epochs=5.0)
    measured = ResponseTrainer.loss_on

    def loss_on(trainer, examples):
        if trainer.state.global_step > at:
            raise Killed
        return measured(trainer, examples)

    with monkeypatch.context() as until, pytest.raises(Killed):
        until.setattr(ResponseTrainer, "loss_on", loss_on)
        run(tmp_path / "killed", how=how, evaluated=evaluation(2), resume_steps=3, epochs=5.0)
    run(tmp_path / "killed", how=how, evaluated=evaluation(2), resume_steps=3, epochs=5.0)
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "alone")


def test_a_better_step_than_the_checkpoint_s_is_forgotten(tmp_path, monkeypatch):
    """Weights that are kept are those that the checkpoint says, though better ones had been saved after it."""

    losses = iter([3.0, 2.0, 1.0, 1.5, 1.5, 1.5, 1.5, 1.5])
    measured = ResponseTrainer.loss_on

    def loss_on(trainer, examples):
        if examples is not trainer.evaluation.valid:
            return measured(trainer, examples)
        if trainer.state.global_step == 4:
            raise Killed
        return next(losses)

    monkeypatch.setattr(ResponseTrainer, "loss_on", loss_on)
    with pytest.raises(Killed):
        run(tmp_path / "out", evaluated=evaluation(1), resume_steps=2)
    work = unfinished.folder_of(tmp_path / "out")
    assert {path.name for path in work.iterdir()} == {"checkpoint-2", "best-2", "best-3"}
    unfinished.clear(work)
    assert {path.name for path in work.iterdir()} == {"checkpoint-2", "best-2"}


def test_without_it_no_file_is_read_for_a_name(tmp_path):
    with run_dir(tmp_path / "cells" / "64", None, "inputs", [tmp_path / "not-there"]) as work:
        assert work.is_dir()


def test_files_code_and_processes_name_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(SCRATCH_VARIABLE, str(tmp_path / "scratch"))
    data = tmp_path / "data"

    def name(text="a"):
        data.write_text(text)
        with run_dir(tmp_path / "cells" / "64", 5, "inputs", [data]) as work:
            return work.name

    first = name()
    assert first == name()
    assert first != name("b")
    monkeypatch.setenv(processes.FSDP_VARIABLE, "true")
    assert first != name()


def test_without_resuming_nothing_is_left_of_a_run_that_fails(tmp_path):
    out = tmp_path / "cells" / "64"
    with pytest.raises(ValueError, match="oh"), run_dir(out, None, "inputs", []) as work:
        (work / "half").touch()
        raise ValueError("oh")
    assert list((tmp_path / "cells").iterdir()) == []


def test_with_it_what_was_made_is_found_by_equal_inputs_alone(tmp_path, monkeypatch):
    monkeypatch.setenv(SCRATCH_VARIABLE, str(tmp_path / "scratch"))
    out = tmp_path / "cells" / "64"
    with pytest.raises(ValueError, match="oh"), run_dir(out, 5, "inputs", []) as work:
        (work / "half").touch()
        raise ValueError("oh")
    with run_dir(out, 5, "others", []) as work:
        assert list(work.iterdir()) == []
    with run_dir(out, 5, "inputs", []) as work:
        assert [path.name for path in work.iterdir()] == ["half"]
        with pytest.raises(ValueError, match="another process works in it"), run_dir(out, 5, "inputs", []):
            pass
        out.mkdir(parents=True)
        (out / "old").touch()
        publish(work, out)
        work.mkdir()
    assert [path.name for path in out.iterdir()] == ["half"]
