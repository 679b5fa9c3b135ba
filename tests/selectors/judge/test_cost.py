from types import SimpleNamespace

import pytest

from gdig.selectors.judge.cost import Tokens, estimate, total, used
from gdig.selectors.judge.store import Reply


def test_tokens_add_up_by_direction():
    assert total([Tokens(1, 20), Tokens(3, 40), Tokens(0, 5)]) == Tokens(4, 65)
    assert total([]) == Tokens(0, 0)


def test_a_question_is_estimated_by_its_bytes_and_messages():
    messages = [{"role": "system", "content": "x" * 40}, {"role": "user", "content": "ü" * 20}]
    assert estimate(messages, 7) == Tokens(80 // 4 + 2 * 5, 7)


def test_the_cost_is_per_million_tokens_of_each_direction():
    price = SimpleNamespace(prompt=3.0, completion=10.0)
    assert Tokens(2_000_000, 500_000).cost(price) == pytest.approx(11.0)
    assert Tokens(1, 1).cost(None) is None


def test_tokens_are_unknown_where_the_server_does_not_report_both():
    assert used(Reply("k", "t", "stop", 3, 4)) == Tokens(3, 4)
    assert used(Reply("k", "t", "stop", None, 4)) is used(Reply("k", "t", "stop", 3, None)) is None
