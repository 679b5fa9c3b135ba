import json

import pytest

from gdig import experiments


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
