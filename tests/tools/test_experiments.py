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
