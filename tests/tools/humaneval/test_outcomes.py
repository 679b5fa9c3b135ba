import numpy as np
import pytest

from gdig.tools.humaneval import inference
from gdig.tools.humaneval.outcomes import win_tie_lose


def test_a_segment_counts_once_however_many_have_judged_it():
    found = win_tie_lose({"a": [1, 1, -1], "b": [0], "c": [-1, 1], "d": [1, 1, 1]}, seed=1)
    assert found["judgements"] == {"win": 6, "tie": 1, "lose": 2}
    assert found["segments"] == {"win": 2, "tie": 2, "lose": 0}
    assert found["sign_test"] == {"wins": 2, "losses": 0, "p": 0.5}
    shares = {name: numbers["value"] for name, numbers in found["share"].items()}
    assert shares == pytest.approx({"win": (2 / 3 + 0 + 1 / 2 + 1) / 4, "tie": 1 / 4, "lose": (1 / 3 + 1 / 2) / 4})


def test_the_papers_table_from_a_hundred_single_judgements():
    outcomes = {f"s{n:03d}": [1] if n < 34 else [0] if n < 87 else [-1] for n in range(100)}
    found = win_tie_lose(outcomes, seed=1)
    assert [found["share"][name]["value"] for name in ("win", "tie", "lose")] == [0.34, 0.53, 0.13]
    assert found["sign_test"]["p"] == pytest.approx(0.0031, abs=2e-4)
    assert 0.23 < found["share"]["win"]["low"] < 0.27
    assert win_tie_lose(dict(reversed(outcomes.items())), seed=1) == found


def test_raters_who_lean_the_same_way_do_not_make_chance_significant(monkeypatch):
    """Systems are equal, but raters of one segment mostly agree: judgements taken one by one would say p < 0.05 of
    one such evaluation in seven."""
    monkeypatch.setattr(inference, "RESAMPLES", 10)
    generator = np.random.default_rng(0)
    alarms = 0
    for _ in range(300):
        leanings = generator.choice([1, 0, -1], (100, 1), p=[0.25, 0.5, 0.25])
        others = generator.choice([1, 0, -1], (100, 3), p=[0.25, 0.5, 0.25])
        said = np.where(generator.random((100, 3)) < 0.7, leanings, others)
        found = win_tie_lose({f"s{n:03d}": row.tolist() for n, row in enumerate(said)}, seed=1)
        alarms += found["sign_test"]["p"] < 0.05
    assert alarms / 300 < 0.08
