import os
import signal
import sys
from functools import partial
from pathlib import Path

import pytest

from gdig.scoring import process

ask = partial(process.ask, Path(sys.executable))
REQUEST = {"batch_size": 16, "value": 3}


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module of which only what it does is to be said."""

    def write(body):
        (tmp_path / "metric.py").write_text(
            f"import os, signal\nfrom gdig.scoring.process import reply\ndef scores(request):\n    {body}\n"
            f"if __name__ == '__main__':\n    reply(scores)\n"
        )
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
        return "metric"

    return write


def test_question_and_answer(module, capfd):
    name = module("print('noise'); return {'scores': [request['value'], float('nan')]}")
    assert ask(name, REQUEST, "key")["scores"] == [3, pytest.approx(float("nan"), nan_ok=True)]
    assert capfd.readouterr().out == ""


def test_what_a_user_can_cause_is_reported_without_a_traceback(module, capfd):
    with pytest.raises(ValueError, match="^a file is missing$"):
        ask(module("raise ValueError('a file is missing')"), REQUEST, "key")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "error", ["CUDA out of memory. Tried to allocate 2 GiB", "DefaultCPUAllocator: can't allocate memory: 9 bytes"]
)
def test_out_of_memory_says_which_param_to_lower(module, error):
    with pytest.raises(ValueError, match=r"lower score.comet.batch_size \(now 16\)$"):
        ask(module(f'raise RuntimeError("{error}")'), REQUEST, "score.comet.batch_size")


def test_a_killed_process_is_reported(module):
    with pytest.raises(
        ValueError, match=f"signal {int(signal.SIGKILL)}; if it was killed because memory ran out, lower key"
    ):
        ask(module("os.kill(os.getpid(), signal.SIGKILL)"), REQUEST, "key")


def test_a_fault_of_ours_shows_its_traceback(module, capfd):
    with pytest.raises(ValueError, match="metric ended with exit code 1; its output is above"):
        ask(module("raise RuntimeError('broken')"), REQUEST, "key")
    assert "RuntimeError: broken" in capfd.readouterr().err


def test_one_process_answers_all_requests_of_a_conversation(module):
    name = module("return {'pid': os.getpid(), 'twice': 2 * request['value']}")
    with process.conversation(Path(sys.executable), name, "key") as asked:
        answers = [asked(REQUEST | {"value": value}) for value in (1, 2)]
        (pid,) = {answer["pid"] for answer in answers}
        os.kill(pid, 0)
    assert [answer["twice"] for answer in answers] == [2, 4]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
