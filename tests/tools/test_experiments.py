import json

import pytest

from gdig.tools import experiments


class Queue:
    """DVC's queue while a worker writes: so many looks fail first."""

    def __init__(self, failures):
        self.failures = failures

    def status(self):
        if self.failures:
            self.failures -= 1
            return json.loads("")
        return [{"name": "a", "status": "Running"}]


def test_a_look_at_the_queue_while_a_worker_writes_is_taken_again(monkeypatch):
    monkeypatch.setattr(experiments, "SECONDS_BETWEEN_LOOKS", 0.0)
    assert experiments._status(Queue(experiments.TRIES - 1)) == [{"name": "a", "status": "Running"}]
    with pytest.raises(json.JSONDecodeError):
        experiments._status(Queue(experiments.TRIES))


class TwoWorkers:
    """DVC's queue of two experiments, after the worker of the second has left; started again, it runs it."""

    def __init__(self):
        self.workers = {"first": []}

    def status(self):
        second = "Success" if len(self.workers) == 2 else "Queued"
        return [{"name": "a", "rev": "1", "status": "Running" if second == "Queued" else "Success"},
                {"name": "b", "rev": "2", "status": second}]  # fmt: skip

    def worker_status(self):
        return self.workers


class Clock:
    """Time that passes while one sleeps, and then alone."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_a_worker_that_left_is_replaced_while_experiments_wait(monkeypatch):
    queue, clock, started = TwoWorkers(), Clock(), []

    def start(number):
        started.append((number, clock.now))
        queue.workers["second"] = []

    monkeypatch.setattr(experiments, "time", clock)
    monkeypatch.setattr(experiments, "_start_workers", start)
    assert experiments._wait(queue, set(), {"a", "b"}, 2) == []
    # Not at once: one that was just started takes a while to show itself.
    assert started == [(2, experiments.SECONDS_TO_START + experiments.SECONDS_BETWEEN_LOOKS)]


class Failed:
    """DVC's queue in which experiments failed before; those that are queued now succeed."""

    def __init__(self):
        self.rows = [{"name": "a", "rev": "1", "status": "Failed"}, {"name": "other", "rev": "2", "status": "Failed"}]

    def status(self):
        return self.rows

    def worker_status(self):
        return {}


def test_a_failed_experiment_leaves_the_queue_when_it_is_run_again(monkeypatch):
    """`dvc exp show` would list it beside its next run, with scores of the commit that both began at."""
    queue, commands = Failed(), []

    def demand(command):
        commands.append(command)
        if command[:3] == ["dvc", "exp", "run"]:
            queue.rows = [*queue.rows, {"name": command[command.index("--name") + 1], "rev": "9", "status": "Success"}]

    monkeypatch.setattr(experiments, "_demand", demand)
    monkeypatch.setattr(experiments, "_start_workers", lambda number: None)
    again = [experiments.Experiment(name, (), "collect") for name in ("a", "b")]
    assert experiments._run_queued(again, 2, queue) == []
    assert commands[0] == ["dvc", "queue", "remove", "1"]
    assert [command[:3] for command in commands[1:3]] == [["dvc", "exp", "run"]] * 2
    assert ["dvc", "queue", "remove", "2"] not in commands
