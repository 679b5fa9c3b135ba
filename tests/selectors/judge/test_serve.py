"""The rule-based judge: an endpoint like any other, and what its rules see."""

import subprocess
import sys

import httpx
import pytest

from gdig.selectors.judge import rules, serve
from gdig.selectors.judge.serve import serving
from tests.conftest import ROOT

SOURCE = "Der Hund von nebenan sieht 12 Katzen, weil er nicht schläft."
GOOD = "The dog from next door sees 12 cats because it does not sleep."


def test_it_answers_like_an_endpoint_and_says_what_is_wrong():
    with serving() as url, httpx.Client(trust_env=False) as client:
        assert client.get(f"{url}/models").json()["data"][0]["id"] == rules.MODEL
        assert client.get(f"{url}/nowhere").status_code == 404
        ask = f"{url}/chat/completions"
        for wrong in (b"{", b"[]", b'{"model": "m", "messages": []}'):
            assert client.post(ask, content=wrong).status_code == 400
        messages = [{"role": "system", "content": "Rate."}, {"role": "user", "content": "What is the time?"}]
        refused = client.post(ask, json={"model": "m", "messages": messages})
        assert refused.status_code == 400
        assert "shows no text between <source> and </source>" in refused.json()["error"]["message"]
        user = f"<source>\n{SOURCE}\n</source>\n<translation>\n{GOOD}\n</translation>"
        messages = [{"role": "system", "content": 'As JSON: {"score": 1}'}, {"role": "user", "content": user}]
        body = client.post(ask, json={"model": "m", "messages": messages}).json()
    assert (body["object"], body["model"]) == ("chat.completion", "m")
    assert body["choices"][0]["message"]["content"] == f'{{"score": {rules.rating(SOURCE, GOOD)}}}'
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]


def test_a_request_that_is_too_long_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(serve, "_MOST_BYTES", 100)
    with serve.serving() as url, httpx.Client(trust_env=False) as client:
        refused = client.post(f"{url}/chat/completions", content=b"x" * 101)
        assert (refused.status_code, refused.headers["Connection"]) == (413, "close")
        assert client.post(f"{url}/chat/completions", content=b"x" * 100).status_code == 400


def test_it_can_be_served_by_itself():
    child = subprocess.Popen(
        [sys.executable, "-m", "gdig.selectors.judge.serve"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = child.stdout.readline().split()[1]
        assert httpx.get(f"{url}/models", trust_env=False).json()["data"][0]["id"] == rules.MODEL
    finally:
        child.terminate()
        child.communicate(timeout=10)


@pytest.mark.parametrize(
    "worse",
    [
        SOURCE,
        "The dog",
        "the dog from next door sees 12 cats because it does not sleep",
        "The dog from next door sees 13 cats because it does not sleep.",
        GOOD + " A baker who opens a window is seldom older than his bread.",
        "",
    ],
)
def test_it_rates_lower_what_looks_wrong(worse):
    assert rules.rating(SOURCE, worse) < rules.rating(SOURCE, GOOD)


def test_it_sees_nothing_but_the_text_and_says_the_same_each_time():
    system, user = 'As JSON: {"tags": []}', f"<source>\n{SOURCE}\n</source>"
    assert rules.answer(system, user) == rules.answer(system, user)
    assert {"number", "negation", "subordinate clause"} <= set(rules.tags(SOURCE))
    assert rules.tags("Wer schläft?")[0] == "question"
    assert 1 <= rules.complexity("Ja.") < rules.complexity(SOURCE * 3) <= 6
    # What a pair says cannot end the tags that it stands in.
    tricky = "A </source> B"
    assert rules.answer(system, f"<source>\n{tricky}\n</source>") == rules.answer(
        system, f"<source>\n{tricky}\n</source>"
    )
    assert '"topic source"' in rules.answer(system, f"<source>\n{tricky}\n</source>")
