"""Client of an OpenAI-compatible endpoint: concurrent questions with retries.

Transient errors (5xx, 429, timeouts, truncated or malformed responses) are retried with backoff or after the server's
Retry-After; permanent errors end the run; errors of a single question affect only that question.
"""

import asyncio
import logging
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from gdig.io.http import PASSING, Failures, Patience, TransientError, error_of, retry_after
from gdig.selectors.judge.completion import REFUSED, Completion, read_completion
from gdig.selectors.judge.store import Reply

logger = logging.getLogger(__name__)

ABOUT_THE_QUESTION = {400, 413, 422}
"""HTTP statuses that may concern a single question: too long, filtered. If there are no others, they concern all."""
MOST_REFUSED_AT_FIRST = 3
"""If this many come before any answer, all questions would be refused."""
MOST_TOLD = 300
"""Characters of a server's message quoted in errors."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Endpoint:
    """Address and settings of the endpoint."""

    base_url: str
    key: str | None = field(repr=False)
    """Sent as a bearer token; never written to messages, logs or artifacts."""
    key_variable: str
    """Environment variable of the key, for messages."""
    concurrency: int
    requests_per_minute: float | None
    timeout: float
    """Timeout of one request, in seconds."""
    parse_tries: int
    patience: Patience
    is_known: bool
    """Whether it has answered questions of this form before, so that a refusal concerns a single question."""


@dataclass(frozen=True)
class Question:
    """A request and the key of its answer."""

    key: str
    make_request: Callable[[], Mapping[str, Any]]
    """Builds the body on demand, to save memory."""


@dataclass
class Outcome:
    """Failures and unanswered questions."""

    num_requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    """Failed tries by reason."""
    refused: dict[str, Reply] = field(default_factory=dict)
    """Questions, by key, that the server refuses. Not stored: its configuration may change."""
    unanswered: dict[str, str] = field(default_factory=dict)
    """Reason per question, by key, without an answer after all tries."""


class _RefusedError(Exception):
    """The server refuses this question permanently."""


class _GivenUpError(Exception):
    """All tries of this question failed while others were answered."""


def read_key(value: str | None, variable: str) -> str | None:
    """Return the key in an environment variable, stripped; None if there is none.

    Raises:
        ValueError: the key cannot be sent; names the variable but not the value.
    """
    key = (value or "").strip()
    if not re.fullmatch("[!-~]*", key):
        raise ValueError(f"the environment variable {variable} holds characters that no key has; set it again")
    return key or None


async def ask_all(
    endpoint: Endpoint,
    questions: Iterable[Question],
    is_readable: Callable[[str], bool],
    keep: Callable[[Reply], None],
) -> Outcome:
    """Ask every question, `endpoint.concurrency` at a time; each answer is passed to `keep` when it arrives.

    An unparsable answer is requested again, up to `endpoint.parse_tries` times, and then kept anyway.

    Raises:
        ValueError: a permanent error: a wrong key, URL or model, an unreachable server, or a refused request format;
            also any ValueError of `keep`.
    """
    return await _Asking(endpoint, is_readable, keep).run(questions)


class _Pace:
    """Rate limiter of requests."""

    def __init__(self, per_minute: float | None) -> None:
        self.interval = 60 / per_minute if per_minute else 0.0
        self.next = self.paused_until = 0.0

    async def turn(self) -> None:
        """Wait for the next slot and for the end of a pause."""
        clock = asyncio.get_running_loop().time
        at = max(clock(), self.next)
        self.next = at + self.interval
        while (left := max(at, self.paused_until) - clock()) > 0:
            await asyncio.sleep(left)

    def pause(self, seconds: float) -> None:
        """Delay all new requests."""
        self.paused_until = max(self.paused_until, asyncio.get_running_loop().time() + seconds)
        self.next = max(self.next, self.paused_until)


class _Asking:
    def __init__(self, endpoint: Endpoint, is_readable: Callable[[str], bool], keep: Callable[[Reply], None]) -> None:
        self.endpoint, self.is_readable, self.keep = endpoint, is_readable, keep
        self.url = endpoint.base_url.rstrip("/") + "/chat/completions"
        self.pace = _Pace(endpoint.requests_per_minute)
        self.outcome = Outcome()
        self.num_answers = 0
        # httpx logs every request at INFO.
        logging.getLogger("httpx").setLevel(logging.WARNING)

    async def run(self, questions: Iterable[Question]) -> Outcome:
        endpoint, todo = self.endpoint, iter(questions)
        async with httpx.AsyncClient(
            headers={"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {},
            # The timeout of a whole request is enforced outside httpx.
            timeout=None,
            limits=httpx.Limits(max_connections=endpoint.concurrency, max_keepalive_connections=endpoint.concurrency),
            # A proxy from the environment cannot reach servers on this machine.
            trust_env=urlsplit(endpoint.base_url).hostname not in LOOPBACK,
        ) as client:

            async def work() -> None:
                for question in todo:
                    await self._settle(question, lambda request: self._post(client, request))

            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(endpoint.concurrency):
                        group.create_task(work())
            except* Exception as errors:
                # Other errors are the same, or follow from it.
                raise _first(errors) from None
        if self.outcome.refused and self._takes_none():
            raise self._all_refused()
        return self.outcome

    async def _settle(self, question: Question, post: Callable[[Mapping[str, Any]], Awaitable[Completion]]) -> None:
        request = question.make_request()
        prompt_tokens: int | None = 0
        completion_tokens: int | None = 0
        for time in range(1, self.endpoint.parse_tries + 1):
            try:
                answer = await self._persist(lambda: post(request))
            except _RefusedError as error:
                self.outcome.refused[question.key] = Reply(question.key, str(error), REFUSED, 0, 0)
                if self._takes_none() and len(self.outcome.refused) >= MOST_REFUSED_AT_FIRST:
                    raise self._all_refused() from None
                return
            except _GivenUpError as error:
                self.outcome.unanswered[question.key] = str(error)
                return
            self.num_answers += 1
            prompt_tokens = _add(prompt_tokens, answer.prompt_tokens)
            completion_tokens = _add(completion_tokens, answer.completion_tokens)
            text = self._without_key(answer.text)
            is_last_word = answer.finish == REFUSED or self.is_readable(text)
            if is_last_word or time == self.endpoint.parse_tries:
                num_unreadable = time - is_last_word
                self.keep(Reply(question.key, text, answer.finish, prompt_tokens, completion_tokens, num_unreadable))
                return

    async def _persist(self, post: Callable[[], Awaitable[Completion]]) -> Completion:
        """Return the answer to a request, retried while it fails."""
        before, failures = self.num_answers, Failures(self.endpoint.patience)

        async def ask() -> Completion:
            await self.pace.turn()
            self.outcome.num_requests += 1
            return await post()

        def count(state: RetryCallState) -> None:
            failures.count(state)
            self.outcome.failures[self._reason(state).partition(":")[0]] += 1

        def wait(state: RetryCallState) -> float:
            seconds = failures.wait(state)
            if error_of(state).wait is None:
                # Jitter: requests that failed together do not come back together.
                return seconds * random.uniform(0.5, 1.0)
            # A Retry-After is for all requests.
            self.pace.pause(seconds)
            return 0.0

        def log(state: RetryCallState) -> None:
            logger.log(
                logging.WARNING if sum(self.outcome.failures.values()) <= 20 else logging.DEBUG,
                "%s: %s; trying again (%d of %d)",
                self.url, self._reason(state), failures.number, failures.patience.tries - 1,
            )  # fmt: skip

        def give_up(state: RetryCallState) -> Completion:
            if self.num_answers > before:
                raise _GivenUpError(self._reason(state)) from None
            raise ValueError(
                f"{self.url}: {self._reason(state)}; given up after {failures.number} tries in a row. Answers so far "
                f"are kept: run again when the server works (judge.tries, judge.timeout)"
            ) from None

        return await AsyncRetrying(
            retry=retry_if_exception_type(TransientError),
            after=count,
            wait=wait,
            stop=failures.stop,
            before_sleep=log,
            retry_error_callback=give_up,
        )(ask)

    def _reason(self, state: RetryCallState) -> str:
        return self._one_line(str(error_of(state)))

    async def _post(self, client: httpx.AsyncClient, request: Mapping[str, Any]) -> Completion:
        try:
            async with asyncio.timeout(self.endpoint.timeout):
                response = await client.post(self.url, json=request)
        except TimeoutError:
            raise TransientError(f"timeout: no whole answer within {self.endpoint.timeout:g} s") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise ValueError(
                    f"{self.url}: the server's certificate is not valid: {self._one_line(str(error))}; if your network "
                    f"has its own certificate authority, set SSL_CERT_FILE"
                ) from None
            raise TransientError(f"connection: {type(error).__name__} {error}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ValueError(f"{self.url}: {self._one_line(str(error))}") from None
        if response.status_code != 200:
            self._fail(response)
        return self._read(response)

    def _fail(self, response: httpx.Response) -> None:
        status = response.status_code
        said = self._one_line(response.text)
        if status in PASSING and "insufficient_quota" not in response.text:
            raise TransientError(f"HTTP {status}: {said}", retry_after(response.headers.get("Retry-After")))
        if status in ABOUT_THE_QUESTION:
            raise _RefusedError(f"HTTP {status}: {said}")
        remedy = {
            401: f"set the environment variable {self.endpoint.key_variable} to a valid key",
            403: f"the key in {self.endpoint.key_variable} has no permission",
            404: "judge.base_url must end before /chat/completions, often in /v1; or judge.model does not exist",
            429: "the account has no credit left",
        }.get(status, "check judge.base_url")
        raise ValueError(f"{self.url}: HTTP {status}: {said}; {remedy}")

    def _read(self, response: httpx.Response) -> Completion:
        try:
            return read_completion(response.text, response.headers.get("Content-Type", ""))
        except ValueError as error:
            told = self._one_line(response.text)
            raise TransientError(f"malformed: {error} but {told!r}") from None

    def _takes_none(self) -> bool:
        return not (self.num_answers or self.endpoint.is_known)

    def _all_refused(self) -> ValueError:
        said = next(iter(self.outcome.refused.values())).text
        return ValueError(
            f"{self.url}: the server refuses all questions ({said}); if it does not support response_format, set "
            f"judge.json_schema: false; else check judge.limit_name, judge.temperature and judge.max_tokens"
        )

    def _one_line(self, text: str) -> str:
        """Return a text on one line, shortened and without the key, for a message."""
        return " ".join(self._without_key(text).split())[:MOST_TOLD]

    def _without_key(self, text: str) -> str:
        return text.replace(self.endpoint.key, "***") if self.endpoint.key else text


def _add(total: int | None, count: int | None) -> int | None:
    return None if total is None or count is None else total + count


def _first(errors: BaseExceptionGroup[Exception]) -> BaseException:
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
