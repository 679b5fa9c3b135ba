"""Judge every pair: reuse earlier answers, ask the rest, count the outcomes."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

from gdig.config import EMBEDDED, Judge
from gdig.io.http import Patience
from gdig.io.order import shuffled
from gdig.io.records import Pair
from gdig.run.progress import track
from gdig.selectors.judge import rules
from gdig.selectors.judge.client import Endpoint, Outcome, Question, ask_all, read_key
from gdig.selectors.judge.completion import REFUSED
from gdig.selectors.judge.cost import Tokens, estimate, total, used
from gdig.selectors.judge.questions import USUAL_TOKENS, Messages, Prompt, key_of, read_answer, schema, unknown
from gdig.selectors.judge.serve import serving
from gdig.selectors.judge.store import Reply, Store, open_store

logger = logging.getLogger(__name__)

NUM_SAMPLES = 5
"""Sample answers per kind of failure in the counts."""
LONGEST_SAMPLE = 500
"""Characters."""


@dataclass(frozen=True)
class Judged:
    """Outcome of the questions about a pool."""

    rows: list[dict[str, Any]]
    """For each pair in order: its id and the fields of its answer, null if there is none."""
    replies: list[Reply]
    """Distinct answers, in the order of the first pair with each."""
    counts: dict[str, Any]
    """Counts that depend only on the answers, not on when or in how many runs they were given."""
    this_run: dict[str, Any]
    """Counts of this run: reused, asked and failed."""


class _Asked:
    """Questions of one kind to one model."""

    def __init__(self, kind: str, prompt: Prompt, target_language: str, settings: Judge) -> None:
        self.kind, self.prompt, self.target_language, self.settings = kind, prompt, target_language, settings
        self.model = settings.model or rules.MODEL

    def messages(self, pair: Pair) -> Messages:
        return self.prompt.messages(pair, self.target_language)

    def request(self, messages: Messages) -> dict[str, Any]:
        """Return the body of a request."""
        settings = self.settings
        body: dict[str, Any] = {
            "model": self.model,
            "messages": messages,
            settings.limit_name: settings.max_tokens,
        }
        if settings.temperature is not None:
            body["temperature"] = settings.temperature
        if settings.json_schema:
            form = {"name": self.kind, "strict": True, "schema": schema(self.kind)}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body

    def key(self, pair: Pair) -> str:
        return key_of(self.request(self.messages(pair)), self.prompt.sha256)

    @property
    def name(self) -> str:
        """Name of the store of all questions that differ only in their pair and target language."""
        return f"{self.kind}-{key_of(self.request([]), self.prompt.sha256)[:24]}"


def judge(
    pairs: Sequence[Pair],
    kind: str,
    prompt: Prompt,
    target_language: str,
    settings: Judge,
    given: Mapping[str, Reply],
    folder: Path,
    patience: Patience | None = None,
) -> Judged:
    """Judge pairs.

    Args:
        pairs: the pool.
        kind: kind of question, see `gdig.selectors.judge.questions.ANSWERS`.
        prompt: its prompt file.
        target_language: name of the language in the prompt.
        settings: endpoint and limits.
        given: external answers by key; they take precedence over those of earlier runs.
        folder: folder of stored answers, for later runs; one file per form of question.
        patience: retry policy; None: `settings.tries` with waits that grow from one second.

    Raises:
        ValueError: the endpoint is not usable, costs too much, or leaves more than `max_unanswered` pairs without an
            answer. Answers so far are kept.
    """
    asked = _Asked(kind, prompt, target_language, settings)
    key_of_pair = {pair.id: asked.key(pair) for pair in pairs}
    pair_of_key: dict[str, Pair] = {}
    for pair in pairs:
        pair_of_key.setdefault(key_of_pair[pair.id], pair)
    with open_store(folder / f"{asked.name}.jsonl") as store:
        known = {key: given.get(key) or store.replies.get(key) for key in pair_of_key}
        todo = [key for key, reply in known.items() if reply is None]
        from_given = sum(key in given for key in pair_of_key)
        from_store = len(pair_of_key) - len(todo) - from_given
        logger.info(
            "judge, %s by %s: %d pairs, %d questions; %d answered in judge.answers, %d in earlier runs, %d to ask",
            kind, asked.model, len(pairs), len(pair_of_key), from_given, from_store, len(todo),
        )  # fmt: skip
        outcome = Outcome()
        if todo:
            outcome = _ask(asked, {key: pair_of_key[key] for key in todo}, store, patience)
        replies = [
            reply
            for key in pair_of_key
            if (reply := given.get(key) or store.replies.get(key) or outcome.refused.get(key)) is not None
        ]
    if len(outcome.unanswered) > settings.max_unanswered:
        reason = Counter(outcome.unanswered.values()).most_common(1)[0][0]
        raise ValueError(
            f"judge: {len(outcome.unanswered)} of {len(pair_of_key)} questions have no answer after "
            f"{settings.tries} tries each ({reason}); the others are kept: run again to ask these alone, or raise "
            f"judge.max_unanswered = {settings.max_unanswered} to rank their pairs last"
        )
    answer_of = {reply.key: read_answer(kind, reply.text) for reply in replies if reply.finish != REFUSED}
    rows = []
    for pair in pairs:
        answer = answer_of.get(key_of_pair[pair.id])
        rows.append({"id": pair.id} | (answer.model_dump() if answer else unknown(kind)))
    counts = _counts(asked, pairs, key_of_pair, replies, answer_of, outcome)
    this_run = {
        "num_from_judge_answers": from_given,
        "num_from_earlier_runs": from_store,
        "num_asked": len(todo),
        "num_requests": outcome.num_requests,
        "failures": dict(sorted(outcome.failures.items())),
    }
    _log_counts(counts, outcome)
    return Judged(rows, replies, counts, this_run)


def _ask(asked: _Asked, todo: Mapping[str, Pair], store: Store, patience: Patience | None) -> Outcome:
    settings, price = asked.settings, asked.settings.price_per_million_tokens
    usual = min(settings.max_tokens, USUAL_TOKENS[asked.kind])
    expected = total(estimate(asked.messages(pair), usual) for pair in todo.values())
    about = expected.cost(price)
    logger.info(
        "judge: about %s tokens to send and %s to receive%s",
        f"{expected.prompt:,}", f"{expected.completion:,}",
        "" if about is None else f", at a cost of about {about:,.2f}",
    )  # fmt: skip
    if about is not None and settings.max_cost is not None and about > settings.max_cost:
        raise ValueError(
            f"judge: {len(todo)} questions would cost about {about:,.2f}, more than judge.max_cost = "
            f"{settings.max_cost:g}; nothing was asked. Raise it, ask a cheaper model, or take a smaller pool"
        )
    spent = Tokens(0, 0)
    progress: Iterator[None] = iter(track(repeat(None, len(todo)), total=len(todo), label="judge", unit="questions"))

    def keep(reply: Reply) -> None:
        nonlocal spent
        store.add(reply)
        next(progress, None)
        spent = total([spent, used(reply) or estimate(asked.messages(todo[reply.key]), usual)])
        cost = spent.cost(price)
        if cost is not None and settings.max_cost is not None and cost > settings.max_cost:
            raise ValueError(
                f"judge: answers have cost {cost:,.2f} by now, more than judge.max_cost = {settings.max_cost:g}; they "
                f"are kept. Raise it to go on from here"
            )

    def question(key: str, pair: Pair) -> Question:
        return Question(key, lambda: asked.request(asked.messages(pair)))

    with _served(settings) as (url, secret):
        endpoint = Endpoint(
            base_url=url,
            key=secret,
            key_variable=settings.key_variable,
            concurrency=min(settings.concurrency, len(todo)),
            requests_per_minute=settings.requests_per_minute,
            timeout=settings.timeout,
            parse_tries=settings.parse_tries,
            patience=patience or Patience(tries=settings.tries),
            is_known=bool(store.replies),
        )
        questions = (question(key, pair) for key, pair in todo.items())
        is_readable = lambda text: read_answer(asked.kind, text) is not None  # noqa: E731
        outcome = asyncio.run(ask_all(endpoint, questions, is_readable, keep))
    # Closes the progress bar.
    next(progress, None)
    return outcome


@contextmanager
def _served(settings: Judge) -> Iterator[tuple[str, str | None]]:
    """Yield URL and key of the endpoint; the embedded one is served by this context, without a key."""
    embedded = settings.base_url == EMBEDDED
    with serving() if embedded else nullcontext(settings.base_url) as url:
        variable = settings.key_variable
        secret = None if embedded else read_key(os.environ.get(variable), variable)
        if secret and url.startswith("http://"):
            logger.warning("judge: the key of %s goes to %s unencrypted", variable, url)
        yield url, secret


def _counts(
    asked: _Asked,
    pairs: Sequence[Pair],
    key_of_pair: Mapping[str, str],
    replies: Sequence[Reply],
    answer_of: Mapping[str, Any],
    outcome: Outcome,
) -> dict[str, Any]:
    """Return counts that depend only on the answers."""
    reply_of = {reply.key: reply for reply in replies}
    refused = {reply.key for reply in replies if reply.finish == REFUSED}
    unreadable = {key for key, answer in answer_of.items() if answer is None}
    known = [tokens for reply in replies if (tokens := used(reply)) is not None]
    took = total(known)
    cost = took.cost(asked.settings.price_per_million_tokens)

    def of(keys: set[str]) -> list[str]:
        return [pair.id for pair in pairs if key_of_pair[pair.id] in keys]

    def samples(keys: set[str]) -> list[dict[str, str]]:
        chosen = shuffled(of(keys), 0)[:NUM_SAMPLES]
        found = [(i, reply_of[key_of_pair[i]]) for i in chosen]
        return [{"id": i, "finish": reply.finish, "text": reply.text[:LONGEST_SAMPLE]} for i, reply in found]

    return {
        "kind": asked.kind,
        "model": asked.model,
        "prompt_sha256": asked.prompt.sha256,
        "num_pairs": len(pairs),
        "num_questions": len(set(key_of_pair.values())),
        "num_judged_pairs": len(pairs) - len(of(refused | unreadable | set(outcome.unanswered))),
        "num_refused": len(refused),
        "num_unreadable": len(unreadable),
        "num_unanswered": len(outcome.unanswered),
        "num_unreadable_answers": sum(reply.unreadable for reply in replies),
        "prompt_tokens": took.prompt,
        "completion_tokens": took.completion,
        "num_without_usage": len(replies) - len(known),
        "cost": None if cost is None else round(cost, 6),
        "samples": {"refused": samples(refused), "unreadable": samples(unreadable)},
    }


def _log_counts(counts: Mapping[str, Any], outcome: Outcome) -> None:
    lost = counts["num_pairs"] - counts["num_judged_pairs"]
    level = logging.WARNING if lost else logging.INFO
    logger.log(
        level,
        "judge: %d of %d pairs judged; questions refused: %d, never readable: %d, unanswered: %d; answers asked for "
        "again: %d; failed tries: %d%s",
        counts["num_judged_pairs"], counts["num_pairs"], counts["num_refused"], counts["num_unreadable"],
        counts["num_unanswered"], counts["num_unreadable_answers"], outcome.failures.total(),
        "; pairs without an answer have no score and are ranked last" if lost else "",
    )  # fmt: skip
