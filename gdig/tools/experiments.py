"""Experiments of DVC by name: one after the other in temporary folders, or side by side through DVC's queue."""

import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dvc.repo import Repo

SECONDS_BETWEEN_LOOKS = 10.0
"""A look at the queue takes DVC half a second of a core, beside the experiments."""
SECONDS_TO_START = 120.0
"""In which a worker must show itself, or leave; on a busy machine it takes some ten."""
TRIES = 5
_ENDED = ("Success", "Failed")


@dataclass(frozen=True)
class Experiment:
    """One run of the DAG with other params."""

    name: str
    """In DVC."""
    overrides: tuple[str, ...]
    """As `dvc exp run -S` takes them."""
    target: str
    """Stage that is wanted, with what stands before it."""

    def command(self, where: str) -> list[str]:
        """Return DVC's command; `where` is `--temp`, or `--queue`."""
        changes = [word for override in self.overrides for word in ("--set-param", override)]
        return ["dvc", "exp", "run", where, "--name", self.name, *changes, self.target]


def refuse_edits() -> None:
    """Raise ValueError where tracked files differ from the last commit: experiments begin there, all alike."""
    command = ["git", "status", "--porcelain", "--untracked-files=no"]
    edited = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    if edited:
        raise ValueError(
            f"{edited[0][3:]} differs from the last commit, and experiments that are run later would begin elsewhere; "
            f"commit it, or put it back with `git restore`"
        )


def existing() -> set[str]:
    """Return the names of the experiments that begin at the last commit."""
    command = ["dvc", "exp", "list", "--name-only"]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise ValueError(f"`{shlex.join(command)}` failed with exit code {done.returncode}")
    return {line.strip() for line in done.stdout.splitlines()}


def remove(experiments: Sequence[str]) -> None:
    """Forget experiments; their artifacts stay in DVC's cache."""
    _demand(["dvc", "exp", "remove", *experiments])


@contextmanager
def told() -> Iterator[None]:
    """Say, where Ctrl+C ends a command line, what goes on."""
    try:
        yield
    except KeyboardInterrupt:
        print("\nstopped; what is queued goes on: `dvc queue status`, `dvc queue kill`", file=sys.stderr)
        sys.exit(130)


def run_missing(experiments: Sequence[Experiment], jobs: int, *, again: bool) -> None:
    """Run the experiments that were not run from the last commit, or all of them `again`.

    Raises:
        ValueError: `jobs` is below 1; some failed, names them; or as `run`.
    """
    if jobs < 1:
        raise ValueError(f"--jobs {jobs}: at least 1")
    done = existing()
    if again and (old := [one.name for one in experiments if one.name in done]):
        remove(old)
        done = set()
    for one in experiments:
        if one.name in done:
            print(f"{one.name}: was run from this commit (--again runs it again)", file=sys.stderr)
    if failed := run([one for one in experiments if one.name not in done], jobs):
        raise ValueError(f"failed: {', '.join(failed)}; what they said stands above, or in `dvc queue logs`")


def run(experiments: Sequence[Experiment], jobs: int) -> list[str]:
    """Run experiments, at most `jobs` at a time; return the names of those that failed.

    The first runs alone in any case: what they have in common may only be worked at once at a time, and the others find
    it in DVC's run cache.

    Raises:
        ValueError: DVC does not take one, or its queue lost one.
    """
    number_alone = len(experiments) if jobs == 1 else 1
    failed = [one.name for one in experiments[:number_alone] if not _succeeds(one.command("--temp"))]
    if together := experiments[number_alone:]:
        with Repo() as repo:
            failed += _run_queued(together, jobs, repo.experiments.celery_queue)
    return failed


def _run_queued(experiments: Sequence[Experiment], jobs: int, queue: Any) -> list[str]:
    workers = queue.worker_status()
    if workers and not any(workers.values()):
        # What a worker takes up while it leaves is lost; some never leave.
        _stop_workers(queue)
        workers = {}
    rows = _status(queue)
    # Without a worker, what is said to be running was lost with one that died.
    old = {row["rev"] for row in rows if row["status"] in _ENDED or not workers}
    under_way = {row["name"] for row in rows if row["rev"] not in old}
    names = {one.name for one in experiments}
    if failed_before := [row["rev"] for row in rows if row["status"] == "Failed" and row["name"] in names]:
        # `dvc exp show` would go on to list them, with the metrics of the commit that they began at.
        _demand(["dvc", "queue", "remove", *failed_before])
    for one in experiments:
        if one.name not in under_way:
            _demand(one.command("--queue"))
    num_workers = min(jobs, len(experiments))
    _start_workers(num_workers)
    failed = _wait(queue, old, names, num_workers)
    if not any(row["status"] not in _ENDED and row["rev"] not in old for row in _status(queue)):
        _stop_workers(queue)
    return failed


def _status(queue: Any) -> list[dict[str, Any]]:
    """Return what DVC says of its queue; a worker may be writing just then what it reads."""
    for _ in range(TRIES - 1):
        try:
            return list(queue.status())
        except json.JSONDecodeError:
            time.sleep(SECONDS_BETWEEN_LOOKS)
    return list(queue.status())


def _start_workers(number: int) -> None:
    command = ["dvc", "queue", "start", "--jobs", str(number)]
    # Workers keep the streams of who starts them: into a pipe, and whoever reads it would wait for them to leave.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(command, stdout=said, stderr=said, check=False)
        said.seek(0)
        print(f"> {shlex.join(command)}\n{said.read()}", file=sys.stderr, end="", flush=True)
    if done.returncode:
        raise ValueError(f"`{shlex.join(command)}` failed; its message stands above")


def _stop_workers(queue: Any) -> None:
    _demand(["dvc", "queue", "stop"])
    deadline = time.monotonic() + SECONDS_TO_START
    while queue.worker_status():
        if time.monotonic() > deadline:
            raise ValueError("a worker of DVC's queue does not leave; `dvc queue stop --kill` ends it")
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _wait(queue: Any, old: set[str], experiments: set[str], num_workers: int) -> list[str]:
    """Tell when each experiment begins and ends, and replace workers that left; return those that failed."""
    told: dict[str, str] = {}
    start = last_alive = last_enough = time.monotonic()
    while True:
        rows = {row["name"]: row["status"] for row in _status(queue) if row["rev"] not in old}
        for name, status in rows.items():
            if name in experiments and told.get(name) != status:
                told[name] = status
                print(f"{name}: {status.lower()} after {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
        if not (left := sorted(name for name in experiments if told.get(name) not in _ENDED)):
            return [name for name in sorted(experiments) if told[name] == "Failed"]
        now, workers = time.monotonic(), len(queue.worker_status())
        if workers:
            last_alive = now
        elif now - last_alive > SECONDS_TO_START:
            raise ValueError(f"no worker of DVC's queue is left, but {', '.join(left)} did not end; run the same again")
        if workers >= num_workers or "Queued" not in (rows.get(name) for name in left):
            last_enough = now
        elif workers and now - last_enough > SECONDS_TO_START:
            # DVC's workers leave now and then, between one experiment and the next.
            _start_workers(num_workers)
            last_enough = now
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _succeeds(command: Sequence[str]) -> bool:
    print(f"> {shlex.join(command)}", file=sys.stderr, flush=True)
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0


def _demand(command: Sequence[str]) -> None:
    if not _succeeds(command):
        raise ValueError(f"`{shlex.join(command)}` failed; its message stands above")
