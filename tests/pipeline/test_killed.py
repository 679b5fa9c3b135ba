"""`dvc repro` killed in every stage, at moments that a seed draws, and started again each time."""

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import chdir
from pathlib import Path
from random import Random

import pytest
from dvc.repo import Repo
from ruamel.yaml import YAMLError

from gdig.io.files import digest
from gdig.run.paths import DVC_FILES
from tests.pipeline.conftest import CORE, Checkout, cloned, locked

pytestmark = pytest.mark.slow
SEED = 26
LONGEST = 3.0
"""Seconds that a stage runs at most before it is killed; one that ends earlier is killed while DVC saves it."""


def kind(stage: str) -> str:
    """Return the module that a stage runs."""
    name = stage.rpartition(":")[2].partition("@")[0]
    return name if name.startswith("rank_") else name.removesuffix("_full")


class Killed:
    """A `dvc repro` that is killed in the first stage that is of one of `kinds`, or ends by itself."""

    def __init__(self, checkout: Checkout, kinds: set[str], rng: Random):
        self.stages: list[str] = []
        self.victim: str | None = None
        self._process = subprocess.Popen(
            ["dvc", "repro"], cwd=checkout.folder, start_new_session=True, text=True,
            env=checkout.environment | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        while (line := self._lines.get()) is not None:
            self._note(line)
            if self.victim is None and self.stages and kind(self.stages[-1]) in kinds:
                self.victim = self.stages[-1]
                self._kill_after(rng.uniform(0, LONGEST), rng.uniform(0, 0.3))
        self.code = self._process.wait()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _note(self, line):
        if line.startswith("Running stage"):
            self.stages.append(line.split("'")[1])

    def _kill_after(self, seconds, seconds_of_saving):
        deadline = time.monotonic() + seconds
        try:
            while (line := self._lines.get(timeout=max(0, deadline - time.monotonic()))) is not None:
                self._note(line)
                if " done in " in line:
                    time.sleep(seconds_of_saving)
                    break
        except queue.Empty:
            pass
        os.killpg(self._process.pid, signal.SIGKILL)


def stale(checkout) -> set[str]:
    """Return the stages that `dvc status` names, as it names them in the checkout."""
    with chdir(checkout.folder), Repo() as repo:
        return set(repo.status(targets=CORE[:1], with_deps=True))


def mend_busy_list(checkout) -> None:
    """Remove DVC's list of busy files where a kill cut it off, as docs/remotes.md says."""
    path = checkout.folder / ".dvc" / "tmp" / "rwlock"
    try:
        json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        pass
    except json.JSONDecodeError:
        path.unlink()


def locks(checkout) -> list[Path]:
    """Return the paths of the lock files."""
    return [checkout.folder / file.with_suffix(".lock") for file in DVC_FILES]


def was_cut(checkout, stages: set[str]) -> bool:
    """Return whether a lock file is half-written, or they do not hold all of these stages."""
    texts = [path.read_text("utf-8") for path in locks(checkout) if path.exists()]
    try:
        return not all(text.endswith("\n") for text in texts) or not stages <= set(locked(checkout))
    except YAMLError:
        return True


def test_killed_in_every_stage_it_goes_on_to_the_same_lock_and_status_is_true_each_time(checkout, tmp_path):
    """One by one, what the checkout ran side by side: the order of stages does not matter either."""
    rng = Random(SEED)
    copy = cloned(checkout, tmp_path / "repository")
    for path in locks(copy):
        path.unlink(missing_ok=True)
    shutil.rmtree(copy.folder / "metrics" / "embedded")  # what stages make; metrics/grids is theirs to read
    expected = locked(checkout)
    left = {kind(name) for name in expected}
    started, interrupted = Counter(), set()
    while True:
        run = Killed(copy, left, rng)
        mend_busy_list(copy)
        started.update(run.stages)
        if run.victim is None:
            assert run.code == 0
            break
        left.remove(kind(run.victim))
        after = run.stages.index(run.victim)
        interrupted.update(run.stages[after:])
        ended = set(started) - interrupted
        if was_cut(copy, ended):
            # As docs/remotes.md says.
            for path in locks(copy):
                path.unlink(missing_ok=True)
            continue
        now, wrong = locked(copy), stale(copy)
        assert not wrong & ended
        assert run.victim in wrong | set(now)
        for name in set(now) - wrong:
            assert now[name] == expected[name]
            for out in now[name]["outs"]:
                assert digest(copy.folder / out["path"]) == digest(checkout.folder / out["path"]), (run.victim, out)
    assert not left
    assert locked(copy) == expected
    assert stale(copy) == set()
    # Nothing that had ended ran again.
    assert {name for name, times in started.items() if times > 1} <= interrupted
    assert set(started) == set(expected)
    copy.run("python", "-m", "gdig.tools.fsck")
