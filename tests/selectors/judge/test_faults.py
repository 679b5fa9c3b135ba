"""A real server that fails in every way: nothing that was answered is asked twice, and all is counted."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from gdig.io.locks import path_lock
from gdig.io.records import write_pairs
from gdig.selectors.judge import rules
from tests.conftest import ROOT
from tests.selectors.judge.conftest import PAIRS
from tests.selectors.judge.server import Fault, running


def by_rules():
    return [{"id": pair.id, "score": rules.rating(pair.src, pair.trg)} for pair in PAIRS]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(status=500), "HTTP 500"),
        (Fault(status=503), "HTTP 503"),
        (Fault(status=429), "HTTP 429"),
        (Fault(how="malformed"), "malformed"),
        (Fault(how="cut"), "connection"),
        (Fault(how="cut stream"), "malformed"),
        (Fault(how="hang up"), "connection"),
    ],
)
def test_what_passes_is_tried_again_and_counted(ask, fault, reason):
    with running(faults=[fault] * 6) as site:
        judged = ask(site.url)
    assert judged.rows == by_rules()
    assert set(site.answered.values()) == {1}
    assert len(site.answered) == 20
    this_run = judged.this_run
    assert this_run["failures"] == {reason: 6}
    assert this_run["num_requests"] == len(site.requests) == 26
    assert judged.counts["num_judged_pairs"] == 20


def test_a_server_that_says_nothing_is_not_waited_for(ask):
    with running(faults=[Fault(late=30.0)] * 2) as site:
        start = time.monotonic()
        judged = ask(site.url, timeout=0.4)
    assert time.monotonic() - start < 5
    assert judged.rows == by_rules()
    assert judged.this_run["failures"] == {"timeout": 2}


@pytest.mark.parametrize("how", ["stream", "no usage"])
def test_answers_that_come_otherwise_are_read_all_the_same(ask, how):
    with running(faults=[Fault(how=how)] * 20) as site:
        judged = ask(site.url)
    assert judged.rows == by_rules()
    assert judged.counts["num_without_usage"] == (20 if how == "no usage" else 0)
    assert judged.this_run["failures"] == {}


def test_nobody_asks_while_the_server_wants_to_be_left_alone(ask):
    with running(faults=[Fault(), Fault(status=429, headers={"Retry-After": "1"})]) as site:
        judged = ask(site.url, concurrency=1)
    assert judged.rows == by_rules()
    waits = [later - sooner for sooner, later in zip(site.times, site.times[1:], strict=False)]
    assert waits[1] >= 0.99
    assert max(waits[0], *waits[2:]) < 0.9


def test_questions_are_spread_over_the_minute(ask):
    with running() as site:
        ask(site.url, requests_per_minute=1200.0, concurrency=8)
    # Twenty questions, 50 ms apart; on a busy machine the first may come late.
    assert site.times[-1] - site.times[0] >= 0.6


def test_a_server_that_died_half_way_ends_the_run_and_the_next_goes_on_elsewhere(ask):
    given_up = pytest.raises(ValueError, match=r"v1/chat/completions: .*given up after 4 tries .* kept: run again")
    with running(dies_after=11) as dying, given_up:
        ask(dying.url)
    with pytest.raises(ValueError, match="connection: "):
        ask(dying.url)  # not even a connection
    with running() as site:
        judged = ask(site.url)
    assert judged.rows == by_rules()
    assert dying.answered.total() == 11
    assert not dying.answered.keys() & site.answered.keys()
    assert site.answered.total() == 9
    assert judged.this_run == {
        "num_from_judge_answers": 0, "num_from_earlier_runs": 11, "num_asked": 9, "num_requests": 9, "failures": {}
    }  # fmt: skip


CHILD = """
import signal
import sys
from pathlib import Path
from gdig.config import Judge, load_params
from gdig.selectors.judge.questions import read_prompt
from gdig.selectors.judge.run import judge
from gdig.io.records import read_pairs
# A shell that runs the tests in the background lets them ignore it, and the child would too.
signal.signal(signal.SIGINT, signal.default_int_handler)
settings = load_params(Path("params.yaml")).judge.model_dump()
settings |= {"base_url": sys.argv[1], "model": "m", "concurrency": 4, "timeout": 5.0}
prompt = read_prompt(Path("selectors/judge/rating.txt"))
judge(read_pairs(Path(sys.argv[3])), "rating", prompt, "English", Judge.model_validate(settings), {}, Path(sys.argv[2]))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_killed_half_way_goes_on_from_there(ask, tmp_path, number):
    kept, pool = tmp_path / "answers", tmp_path / "pool.jsonl"
    # Without importing what these tests do, which takes longer than all the rest.
    write_pairs(pool, PAIRS)
    with running() as site:
        # From the tenth on answers take for ever.
        site.fault_of = lambda request: Fault(late=60.0) if site.answered.total() >= 10 else Fault()
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, site.url, str(kept), str(pool)],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while len(site.requests) < 14 and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.2)
        child.send_signal(number)
        assert child.wait(10) != 0
        (lines,) = [path.read_bytes().splitlines() for path in kept.glob("*.jsonl")]
        assert len(lines) == 10
        site.fault_of = lambda request: Fault()
        judged = ask(site.url)
    assert judged.rows == by_rules()
    assert set(site.answered.values()) == {1}
    assert judged.this_run["num_from_earlier_runs"] == 10


def test_a_torn_or_damaged_line_is_asked_again_and_the_rest_is_kept(ask, tmp_path):
    with running() as site:
        first = ask(site.url)
        (store,) = (tmp_path / "answers").glob("*.jsonl")
        lines = store.read_bytes().splitlines(keepends=True)
        store.write_bytes(b"".join([lines[0], b"{}\n", *lines[2:-1], lines[-1][:20]]))
        second = ask(site.url)
        third = ask(site.url)
    assert first.rows == second.rows == third.rows == by_rules()
    assert sorted(site.answered.values()) == [1] * 18 + [2] * 2
    assert third.this_run["num_requests"] == 0


def test_two_runs_do_not_ask_the_same(ask, tmp_path):
    with running() as site:
        ask(site.url)
        (store,) = (tmp_path / "answers").glob("*.jsonl")
        with path_lock(store), pytest.raises(ValueError, match="another process asks the same questions"):
            ask(site.url)


def test_an_answer_that_cannot_be_read_is_asked_for_again_counted_shown_and_ranked_last(ask):
    bad = {PAIRS[3].src, PAIRS[8].src}
    often = {PAIRS[5].src: 2}

    def fault_of(request):
        source = request["messages"][-1]["content"].splitlines()[1]
        if often.get(source):
            often[source] -= 1
            return Fault(how="prose")
        return Fault(how="prose") if source in bad else None

    with running(fault_of=fault_of) as site:
        judged = ask(site.url)
        before = len(site.requests)
        again = ask(site.url)
    expected = [
        row if pair.src not in bad else row | {"score": None} for row, pair in zip(by_rules(), PAIRS, strict=True)
    ]
    assert judged.rows == again.rows == expected
    counts = judged.counts
    assert (counts["num_judged_pairs"], counts["num_unreadable"], counts["num_unreadable_answers"]) == (18, 2, 8)
    assert before == 18 + 2 * 3 + 2
    assert {sample["id"] for sample in counts["samples"]["unreadable"]} == {PAIRS[3].id, PAIRS[8].id}
    assert {sample["text"] for sample in counts["samples"]["unreadable"]} == {"I would say: rather good."}
    assert len(site.requests) == before
    assert again.counts == counts
    # Each time costs.
    asked_thrice = next(reply for reply in judged.replies if reply.unreadable == 3)
    assert asked_thrice.prompt_tokens % 3 == 0


def test_what_a_model_or_server_refuses_has_no_score_and_is_reported(ask):
    def fault_of(request):
        source = request["messages"][-1]["content"].splitlines()[1]
        if source == PAIRS[2].src:
            return Fault(how="filtered")
        return Fault(status=400, says="the prompt is too long") if source == PAIRS[19].src else None

    with running(fault_of=fault_of) as site:
        judged = ask(site.url)
        before = len(site.requests)
        ask(site.url)
    assert [row["id"] for row in judged.rows if row["score"] is None] == [PAIRS[2].id, PAIRS[19].id]
    assert judged.counts["num_refused"] == 2
    (refused,) = [reply for reply in judged.replies if "the prompt is too long" in reply.text]
    assert (refused.prompt_tokens, refused.completion_tokens) == (0, 0)
    shown = {sample["id"]: sample["text"] for sample in judged.counts["samples"]["refused"]}
    assert "HTTP 400: " in shown[PAIRS[19].id]
    assert "the prompt is too long" in shown[PAIRS[19].id]
    assert before == 20
    assert len(site.requests) == 21  # the model's word is kept, the server's is not


def test_one_question_that_the_server_cannot_answer_stops_the_stage_at_the_end_or_is_accepted(ask):
    hard = PAIRS[0].src

    def fault_of(request):
        return Fault(status=500) if request["messages"][-1]["content"].splitlines()[1] == hard else None

    with running(fault_of=fault_of) as site:
        with pytest.raises(ValueError, match=r"1 of 20 questions have no answer after .*HTTP 500.*max_unanswered = 0"):
            ask(site.url)
        assert site.answered.total() == 19
    with running() as well:
        judged = ask(well.url)
    assert well.answered.total() == 1
    assert judged.rows == by_rules()


def test_unanswered_pairs_have_no_score_where_that_is_allowed(ask):
    hard = PAIRS[0].src

    def fault_of(request):
        return Fault(status=500) if request["messages"][-1]["content"].splitlines()[1] == hard else None

    with running(fault_of=fault_of) as site:
        judged = ask(site.url, max_unanswered=1)
    assert judged.rows[0] == {"id": PAIRS[0].id, "score": None}
    assert judged.rows[1:] == by_rules()[1:]
    assert (judged.counts["num_unanswered"], judged.counts["num_judged_pairs"]) == (1, 19)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(status=401), r"HTTP 401: .*; set the environment variable GDIG_JUDGE_KEY to a valid key"),
        (Fault(status=404), r"HTTP 404: .*judge.base_url must end before /chat/completions"),
        (Fault(status=302, headers={"Location": "http://127.0.0.1:1/"}), "HTTP 302: .*check judge.base_url"),
        (Fault(status=429, says="insufficient_quota"), "no credit left"),
        (
            Fault(status=400, says="no response_format"),
            "refuses all questions .*no response_format.*json_schema: f",
        ),
    ],
)
def test_what_no_retry_fixes_ends_the_run_at_once(ask, fault, message):
    with running(fault_of=lambda request: fault) as site, pytest.raises(ValueError, match=message):
        ask(site.url)
    assert len(site.requests) <= 8


def test_the_schema_goes_along_unless_the_server_refuses_it(ask):
    def fault_of(request):
        return Fault(status=400, says="response_format") if "response_format" in request else None

    with running(fault_of=fault_of) as site:
        judged = ask(site.url, json_schema=False, temperature=None, limit_name="max_completion_tokens")
    assert judged.rows == by_rules()
    assert set(site.requests[0]) == {"model", "messages", "max_completion_tokens"}
    with running() as site:
        ask(site.url)
    form = site.requests[0]["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["schema"]["required"] == ["score"]
    assert json.loads(json.dumps(form)) == form
