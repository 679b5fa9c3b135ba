"""The key of an endpoint goes to it and nowhere else."""

import pytest

from gdig.config import parse_params
from gdig.selectors.judge.client import read_key
from tests.selectors.judge.server import Fault, running

SECRET = "sk-Very5ecret-7731"


def test_the_key_is_sent_and_stands_in_no_log_message_or_file(ask, monkeypatch, caplog, tmp_path):
    says = f"I know you, {SECRET}"
    with running(key=SECRET, faults=[Fault(status=500, says=says), Fault(status=400, says=says)]) as site:
        monkeypatch.setenv("GDIG_JUDGE_KEY", f" {SECRET}\n")
        judged = ask(site.url)
        assert site.keys == {f"Bearer {SECRET}"}
        monkeypatch.setenv("GDIG_JUDGE_KEY", SECRET + "x")
        with pytest.raises(ValueError, match="HTTP 401: .*set the environment variable GDIG_JUDGE_KEY") as error:
            ask(site.url, kind="tags")
    everything = [str(error.value), repr(error.value), caplog.text, repr(judged)]
    everything += [path.read_text() for path in (tmp_path / "answers").glob("*")]
    assert not [text for text in everything if SECRET in text]
    assert "I know you, ***" in caplog.text


def test_a_server_that_repeats_the_key_does_not_get_it_into_an_answer(ask, monkeypatch, tmp_path):
    with running() as site:
        monkeypatch.setenv("GDIG_JUDGE_KEY", "score")  # what every answer holds
        judged = ask(site.url, parse_tries=1)
    assert {reply.text.partition(":")[0] for reply in judged.replies} == {'{"***"'}


def test_a_key_that_cannot_be_sent_is_reported_without_it():
    assert read_key(None, "K") is None
    assert read_key(" \n", "K") is None
    for wrong in ("two words", "schlüssel", "a\nb"):
        with pytest.raises(ValueError, match="variable K holds characters that no key has") as error:
            read_key(wrong, "K")
        assert wrong not in str(error.value)


def test_a_url_that_holds_a_key_is_refused_without_repeating_it(params):
    values = params.model_dump()
    for url in (f"https://me:{SECRET}@example.org/v1", f"https://example.org/v1?key={SECRET}"):
        values["judge"] = params.judge.model_dump() | {"base_url": url, "model": "m"}
        with pytest.raises(ValueError, match="judge: base_url holds more than scheme, host and path") as error:
            parse_params(values, "params.yaml")
        assert SECRET not in str(error.value)
