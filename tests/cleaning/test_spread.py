import os
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import count, islice
from pathlib import Path

import pytest

from gdig.cleaning.spread import CHUNKS_AHEAD, spread

ROOT = Path(__file__).parents[2]


def squares(first):
    """Slow at first, so that later chunks are done sooner."""

    def square(number):
        time.sleep(0.2 if number == first else 0)
        return number**2, os.getpid()

    return square


def fails_at(bad):
    def work(number):
        if number == bad:
            raise ValueError(f"chunk {number} is bad")
        return number

    return work


def dies_at(bad):
    def work(number):
        if number == bad:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return work


def refuses():
    raise ValueError("cannot be set up")


@pytest.mark.parametrize("num_processes", [1, 2])
def test_results_come_in_order_from_so_many_processes(num_processes):
    results = list(spread(partial(squares, 0), range(50), num_processes))
    assert [(chunk, result[0]) for chunk, result in results] == [(n, n**2) for n in range(50)]
    processes = {process for _, (_, process) in results}
    assert len(processes) <= num_processes  # the first to start may do it all
    assert (os.getpid() in processes) == (num_processes == 1)


def test_chunks_are_read_as_they_are_needed():
    read = count()
    results = spread(partial(squares, 0), read, 2)
    assert [chunk for chunk, _ in islice(results, 5)] == [0, 1, 2, 3, 4]
    assert next(read) <= 5 + CHUNKS_AHEAD * 2 + 1
    results.close()


@pytest.mark.parametrize("num_processes", [1, 2])
@pytest.mark.parametrize(("setup", "told"), [(partial(fails_at, 3), "chunk 3 is bad"), (refuses, "cannot be set up")])
def test_errors_of_a_process_are_reported_here(setup, told, num_processes):
    with pytest.raises(ValueError, match=told):
        list(spread(setup, range(9), num_processes))


class CustomError(ValueError):
    """Cannot be read by another process: its arguments are not those that it is made with."""

    def __init__(self, path, line):
        super().__init__(f"{path}, line {line}")


class ForeignError(OSError):
    def __reduce__(self):
        raise TypeError("cannot pickle it")


class BothError(KeyError):
    def __init__(self, a, b):
        super().__init__(f"{a}{b}")


def raises(error):
    made = {"custom": lambda: CustomError("pool.jsonl", 3), "foreign": lambda: ForeignError("disk"),
            "fault": lambda: BothError("x", "y"), "plain": lambda: KeyError("z")}[error]  # fmt: skip

    def work(number):
        if number == 3:
            raise made()
        return number

    return work


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        ("custom", ValueError, "^CustomError: pool.jsonl, line 3$"),
        ("foreign", ValueError, "^ForeignError: disk$"),
        ("fault", RuntimeError, "^BothError: 'xy'$"),
        ("plain", KeyError, "z"),
    ],
)
def test_an_error_that_cannot_be_sent_is_told_all_the_same(error, kind, told):
    with pytest.raises(kind, match=told):
        list(spread(partial(raises, error), range(9), 2))


def test_a_process_that_is_killed_is_reported():
    with pytest.raises(ValueError, match="perhaps because memory ran out; free memory, or lower num_threads"):
        list(spread(partial(dies_at, 3), range(9), 2))


FOREVER = """
import itertools, signal
from functools import partial
from gdig.cleaning.spread import spread
from tests.cleaning.test_spread import squares
if __name__ == "__main__":
    # What runs in the background inherits that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for _, (_, process) in spread(partial(squares, -1), itertools.count(), 2):
        print(process, flush=True)
"""


def test_ctrl_c_is_reported_by_one_process_alone(tmp_path):
    (tmp_path / "forever.py").write_text(FOREVER)
    with subprocess.Popen(
        [sys.executable, tmp_path / "forever.py"], env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as parent:  # fmt: skip
        while len({parent.stdout.readline() for _ in range(100)}) < 2:
            pass
        os.killpg(parent.pid, signal.SIGINT)
        _, errors = parent.communicate(timeout=30)
    assert parent.returncode
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "Process SpawnProcess" not in errors


def test_processes_end_with_the_one_that_started_them(tmp_path):
    (tmp_path / "forever.py").write_text(FOREVER)
    with subprocess.Popen(
        [sys.executable, tmp_path / "forever.py"], env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    ) as parent:
        workers = set()
        while len(workers) < 2:
            workers.add(int(parent.stdout.readline()))
        parent.kill()
    for _ in range(50):
        workers = {worker for worker in workers if Path(f"/proc/{worker}").exists()}
        if not workers:
            break
        time.sleep(0.1)
    assert not workers
