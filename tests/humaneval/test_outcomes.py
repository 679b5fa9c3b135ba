import pytest

from gdig.humaneval.outcomes import win_tie_lose


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
