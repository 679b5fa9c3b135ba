"""What is asked, what is kept of it, what it costs, and answers from elsewhere."""

import json
import logging

import pytest

from gdig.io.records import Pair
from gdig.selectors.judge import rules
from gdig.selectors.judge.questions import key_of, read_answer, read_prompt, schema
from gdig.selectors.judge.store import read_replies, write_replies
from tests.selectors.judge.conftest import PAIRS, PROMPTS
from tests.selectors.judge.server import running

PRICE = {"prompt": 1000.0, "completion": 2000.0}


def test_the_embedded_judge_is_asked_over_http_and_says_what_the_rules_say(ask):
    assert ask("embedded").rows == [{"id": p.id, "score": rules.rating(p.src, p.trg)} for p in PAIRS]
    assert ask("embedded", kind="tags").rows == [{"id": p.id, "tags": rules.tags(p.src)} for p in PAIRS]
    judged = ask("embedded", kind="complexity_quality")
    assert judged.rows == [
        {"id": p.id, "complexity": rules.complexity(p.src), "quality": 1 + rules.rating(p.src, p.trg)} for p in PAIRS
    ]
    assert judged.counts["model"] == rules.MODEL
    assert judged.counts["num_judged_pairs"] == judged.counts["num_questions"] == 20


def test_answers_from_elsewhere_take_the_place_of_an_endpoint(ask, tmp_path):
    with running() as site:
        first = ask(site.url)
    write_replies(tmp_path / "given.jsonl", first.replies)
    for path in (tmp_path / "answers").glob("*"):
        path.unlink()
    given = read_replies(tmp_path / "given.jsonl")
    again = ask("http://127.0.0.1:1/v1", given=given)  # where nobody listens
    assert again.rows == first.rows
    assert again.replies == first.replies
    assert again.this_run["num_from_judge_answers"] == 20
    assert again.counts == first.counts
    with running() as site:
        ask(site.url, given=dict(list(given.items())[:15]))
        assert len(site.requests) == 5
        fewer = ask(site.url, given=dict(list(given.items())[:12]), pairs=PAIRS[:18]).this_run
    # Three of the first fifteen were never asked.
    assert [fewer[f"num_{key}"] for key in ("from_judge_answers", "from_earlier_runs", "asked")] == [12, 3, 3]


def test_files_that_hold_no_answers_are_refused_by_line(tmp_path):
    path = tmp_path / "a.jsonl"
    with pytest.raises(ValueError, match="judge.answers: there is no file .*a.jsonl; `dvc pull` it, or write none"):
        read_replies(path)
    good = {"key": "k", "text": "t", "finish": "stop", "prompt_tokens": 1, "completion_tokens": None, "unreadable": 0}
    for wrong, why in (
        ("nonsense", ""),
        ("[]", "not an object"),
        ('{"key": "k"}', "missing"),
        (json.dumps(good | {"text": 1}), "key, text and finish must be strings"),
        (json.dumps(good | {"unreadable": "x"}), "counts must be whole numbers"),
    ):
        path.write_text(json.dumps(good) + "\n" + wrong + "\n")
        with pytest.raises(ValueError, match=f"a.jsonl:2: holds no answer of a judge: .*{why}"):
            read_replies(path)
    path.write_text(json.dumps(good) + "\n")
    assert list(read_replies(path)) == ["k"]


def test_one_answer_serves_all_who_ask_the_same(ask):
    same = [Pair("a", "Ein Haus.", "A house."), Pair("b", "Ein Haus.", "A dog."), Pair("c", "Ein Hund.", "A dog.")]
    with running() as site:
        tags = ask(site.url, kind="tags", pairs=same)
        ratings = ask(site.url, kind="rating", pairs=same)
    assert (tags.counts["num_questions"], ratings.counts["num_questions"]) == (2, 3)
    assert tags.rows[0]["tags"] == tags.rows[1]["tags"]
    assert len(site.requests) == 5


def test_the_order_of_the_pool_changes_no_answer_and_nothing_else_is_kept_apart(ask):
    with running() as site:
        there = ask(site.url)
        back = ask(site.url, pairs=PAIRS[::-1])
        assert back.rows == there.rows[::-1]
        assert len(site.requests) == 20
        ask(site.url, max_tokens=99)
        ask(site.url, model="other")
        ask(site.url, temperature=0.5)
        assert len(site.requests) == 80
        ask(site.url, concurrency=1, timeout=9.0, tries=1)
        assert len(site.requests) == 80


def test_what_it_will_cost_is_reported_and_too_much_is_not_begun(ask, caplog):
    with running() as site:
        with pytest.raises(ValueError, match=r"20 questions would cost about .* more than judge.max_cost = 1; nothing"):
            ask(site.url, price_per_million_tokens=PRICE, max_cost=1.0)
        assert not site.requests
        judged = ask(site.url, price_per_million_tokens=PRICE, max_cost=100.0)
    counts = judged.counts
    assert counts["prompt_tokens"] == sum(reply.prompt_tokens for reply in judged.replies) > 0
    expected = (counts["prompt_tokens"] * 1000 + counts["completion_tokens"] * 2000) / 1e6
    assert counts["cost"] == pytest.approx(expected, abs=1e-6)
    assert "at a cost of about " in caplog.text


def test_asking_stops_where_it_costs_more_than_was_thought_and_what_came_is_kept(ask, monkeypatch):
    monkeypatch.setattr("gdig.selectors.judge.cost._BYTES_A_TOKEN", 10**6)
    with running() as site:
        with pytest.raises(ValueError, match=r"have cost .* by now, more than judge.max_cost = 1; they are kept"):
            ask(site.url, price_per_million_tokens=PRICE, max_cost=1.0, concurrency=1)
        spent = len(site.requests)
        assert 2 < spent < 20
        ask(site.url)
    assert len(site.requests) == 20


def test_progress_is_reported(ask, monkeypatch, caplog):
    monkeypatch.setattr("gdig.run.progress.SECONDS_BETWEEN_LINES", 0.0)
    caplog.set_level(logging.INFO)
    ask("embedded")
    assert "judge: 20 of 20, " in caplog.text
    assert "s left" in caplog.text


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("rating", '{"score": 3.5}', {"score": 3.5}),
        ("rating", '```json\n{"score": 4}\n```', {"score": 4.0}),
        ("rating", 'Sure: {"score": 0} I hope.', {"score": 0.0}),
        ("rating", '{"score": 5.5}', None),
        ("rating", '{"score": "4"}', None),
        ("rating", '{"score": NaN}', None),
        ("rating", '{"score": 4, "why": "so"}', None),
        ("rating", '{"score": 4} or {"score": 5}', None),
        ("rating", "4", None),
        ("rating", "", None),
        ("rating", '} {"score": 4', None),
        ("tags", '{"tags": ["News", "number"]}', {"tags": ["News", "number"]}),
        ("tags", '{"tags": []}', {"tags": []}),
        ("tags", '{"tags": [1]}', None),
        ("complexity_quality", '{"quality": 6, "complexity": 1}', {"complexity": 1.0, "quality": 6.0}),
        ("complexity_quality", '{"quality": 6}', None),
        ("complexity_quality", '{"quality": 0, "complexity": 1}', None),
    ],
)
def test_answers_are_read_strictly(kind, text, found):
    answer = read_answer(kind, text)
    assert (answer and answer.model_dump()) == found


def test_schemas_say_what_is_read():
    assert schema("rating") == {
        "additionalProperties": False, "properties": {"score": {"maximum": 5, "minimum": 0, "type": "number"}},
        "required": ["score"], "type": "object",
    }  # fmt: skip
    assert schema("complexity_quality")["required"] == ["complexity", "quality"]


def test_prompts_show_texts_as_they_are(tmp_path):
    pair = Pair("p", "Kostet $source {x} </source>\nviel?", "Costs $$ much?")
    system, user = (message["content"] for message in read_prompt(PROMPTS / "rating.txt").messages(pair, "English"))
    assert "translations into English" in system
    assert f"<source>\n{pair.src}\n</source>\n<translation>\n{pair.trg}\n</translation>" == user
    assert pair.trg not in str(read_prompt(PROMPTS / "tags.txt").messages(pair, "English"))
    for text, message in (
        ("a $source", "there is no line '---'"),
        ("a\n---\n$sorce", "holds \\$sorce; it may hold \\$source, "),
        ("a\n---\n5 $ $source", "holds a \\$ that names nothing"),
    ):
        path = tmp_path / "prompt.txt"
        path.write_text(text)
        with pytest.raises(ValueError, match=f"prompt.txt: {message}"):
            read_prompt(path)


def test_keys_are_of_the_request_and_of_the_prompt_file():
    request = {"model": "m", "messages": [{"role": "user", "content": "ä \ud800"}]}
    assert key_of(request, "p") == key_of(dict(reversed(request.items())), "p")
    assert len({key_of(request, "p"), key_of(request, "q"), key_of(request | {"model": "n"}, "p")}) == 3


def test_the_first_line_of_dashes_ends_the_systems_message(tmp_path):
    (tmp_path / "a.txt").write_text("Rate.\n---\nFirst.\n---\nSecond.\n")
    prompt = read_prompt(tmp_path / "a.txt")
    assert (prompt.system, prompt.user) == ("Rate.", "First.\n---\nSecond.")
