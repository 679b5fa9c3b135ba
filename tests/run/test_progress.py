import logging
import sys

import pytest

from gdig.run import progress
from gdig.run.progress import Meter, track, track_stream


def test_items_pass_through_and_lines_tell_rate_and_time_left(caplog, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with caplog.at_level(logging.INFO):
        assert list(track(range(3), total=3, label="toy", unit="steps")) == [0, 1, 2]
    assert "toy: 1 of 3" in caplog.text
    assert "s left" in caplog.text


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(track(range(3), total=3, label="toy", unit="steps")) == [0, 1, 2]
    assert "toy: " in capsys.readouterr().err


def test_an_error_inside_the_loop_is_not_swallowed():
    def items():
        yield 1
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        list(track(items(), total=2, label="toy", unit="steps"))


def test_a_stream_tells_what_was_read_of_it(caplog, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr(progress, "ITEMS_BETWEEN_LOOKS", 4)
    meter = Meter(total=100)

    def items():
        for number in range(10):
            meter.done += 10
            yield number

    with caplog.at_level(logging.INFO):
        assert list(track_stream(items(), meter, label="toy", unit="rows")) == list(range(10))
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(",")[0] for line in lines] == ["toy: 4 rows", "toy: 8 rows", "toy: 10 rows"]
    assert [line.split(", ")[2] for line in lines] == ["40.0% read", "80.0% read", "100.0% read"]
    assert lines[-1].endswith(", 0 s left")
