"""Arms through DVC's queue: `dvc exp run --queue`, `dvc queue start`, and waiting for the end."""

import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from dvc.repo import Repo

from gdig.ablation.arms import Arm

SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_TO_START = 120.0
"""In which a worker must show itself; the first one of a busy machine takes some ten."""


def refuse_edits() -> None:
    """Raise ValueError where tracked files differ from the last commit: arms begin there, and must begin alike."""
    command = ["git", "status", "--porcelain", "--untracked-files=no"]
    edited = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    if edited:
        raise ValueError(
            f"{edited[0][3:]} differs from the last commit, and arms that are run later would begin elsewhere; commit "
            f"it, or put it back with `git restore`"
        )


def existing() -> set[str]:
    """Return the names of the experiments that begin at the last commit."""
    done = _run(["dvc", "exp", "list", "--name-only"], capture=True)
    return {line.strip() for line in done.splitlines()}


def remove(experiments: Sequence[str]) -> None:
    """Forget experiments; their artifacts stay in DVC's cache."""
    _run(["dvc", "exp", "remove", *experiments])


def run(arms: Sequence[Arm], profile: str, jobs: int) -> list[str]:
    """Run arms, at most `jobs` at a time; return the names of the experiments that failed.

    The first runs alone: stages that arms have in common, each of which may work only once at a time, are then run by
    it, and restored from DVC's run cache by the others.

    Raises:
        ValueError: DVC refuses an arm, or no worker starts.
    """
    failed = []
    for together in (arms[:1], arms[1:]):
        if together:
            with Repo() as repo:
                queue = repo.experiments.celery_queue
                before = {row["rev"] for row in queue.status()}
                for arm in together:
                    _run(arm.command(profile))
                _run(["dvc", "queue", "start", "--jobs", str(min(jobs, len(together)))])
                failed += _wait(queue, before, {arm.experiment for arm in together})
    return failed


def _wait(queue: Any, before: set[str], experiments: set[str]) -> list[str]:
    """Tell when each experiment begins and ends; return those that failed."""
    told: dict[str, str] = {}
    start = idle_since = time.monotonic()
    while True:
        rows = {row["name"]: row["status"] for row in queue.status() if row["rev"] not in before}
        for name, status in rows.items():
            if name in experiments and told.get(name) != status:
                told[name] = status
                print(f"{name}: {status.lower()} after {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
        if all(told.get(name) in ("Success", "Failed") for name in experiments):
            return [name for name in sorted(experiments) if told[name] == "Failed"]
        if queue.worker_status():
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > SECONDS_TO_START:
            raise ValueError(
                "no worker of DVC's queue is alive; `dvc queue status` says what is left, `dvc queue start`"
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _run(command: Sequence[str], *, capture: bool = False) -> str:
    if not capture:
        print(f"> {shlex.join(command)}", file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE if capture else sys.stderr, text=True, check=False)
    if done.returncode:
        raise ValueError(f"`{shlex.join(command)}` failed with exit code {done.returncode}; its message stands above")
    return done.stdout or ""
