import logging
import sys

import pytest

from gdig import progress
from gdig.progress import track


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
