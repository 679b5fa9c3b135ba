"""Ask an OpenAI-compatible endpoint many questions at a time, with retries.

Failures that may pass (5xx, 429, timeouts, torn or malformed answers) are retried after growing waits, or after the
server's Retry-After; those that do not pass end the run; one that concerns a single question is recorded for it.
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
"""Answers that may be about one question alone: too long, filtered. Where nothing else comes, they are about all."""
MOST_REFUSED_AT_FIRST = 3
"""So many of them before any answer, and all would be refused."""
MOST_TOLD = 300
"""Characters of what a server says, in messages."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Endpoint:
    """Where and how to ask."""

    base_url: str
    key: str | None = field(repr=False)
    """Sent as a bearer token; it stands in no message, log or artifact."""
    key_variable: str
    """Where it comes from, for messages."""
    concurrency: int
    requests_per_minute: float | None
    timeout: float
    """Seconds for a whole question."""
    parse_tries: int
    patience: Patience
    is_known: bool
    """Whether it has answered questions of this form before, so that one that it refuses is refused for itself."""


@dataclass(frozen=True)
class Question:
    """A request and what its answer is kept under."""

    key: str
    make_request: Callable[[], Mapping[str, Any]]
    """Makes the body when its turn comes, so that not all of them fill the memory."""


@dataclass
class Outcome:
    """What asking took."""

    num_requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    """Failed tries by reason."""
    refused: dict[str, Reply] = field(default_factory=dict)
    """Questions, by key, that the server does not take. Not kept: it may be set up otherwise another time."""
    unanswered: dict[str, str] = field(default_factory=dict)
    """Why a question, by key, has no answer after all tries."""


class _RefusedError(Exception):
    """The server will not answer this question, whoever asks how often."""


class _GivenUpError(Exception):
    """The server failed at this question again and again, and answered others meanwhile."""


def read_key(value: str | None, variable: str) -> str | None:
    """Return the key that an environment variable holds, without white space around it; None where it holds none.

    Raises:
        ValueError: it cannot be sent; names the variable and not the value.
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
    """Ask every question, `endpoint.concurrency` at a time; each answer is handed to `keep` when it comes.

    An answer that is not readable is asked for again, up to `endpoint.parse_tries` times, and then kept all the same.

    Raises:
        ValueError: what no other try mends: a wrong key, URL or model, a server that is gone, a request that it never
            takes; or whatever `keep` raises.
    """
    return await _Asking(endpoint, is_readable, keep).run(questions)


class _Pace:
    """When the next request may begin."""

    def __init__(self, per_minute: float | None) -> None:
        self.interval = 60 / per_minute if per_minute else 0.0
        self.next = self.paused_until = 0.0

    async def turn(self) -> None:
        """Wait for a turn of one's own, and until nobody has to wait."""
        clock = asyncio.get_running_loop().time
        at = max(clock(), self.next)
        self.next = at + self.interval
        while (left := max(at, self.paused_until) - clock()) > 0:
            await asyncio.sleep(left)

    def pause(self, seconds: float) -> None:
        """Let nobody begin for some time."""
        self.paused_until = max(self.paused_until, asyncio.get_running_loop().time() + seconds)
        self.next = max(self.next, self.paused_until)


class _Asking:
    def __init__(self, endpoint: Endpoint, is_readable: Callable[[str], bool], keep: Callable[[Reply], None]) -> None:
        self.endpoint, self.is_readable, self.keep = endpoint, is_readable, keep
        self.url = endpoint.base_url.rstrip("/") + "/chat/completions"
        self.pace = _Pace(endpoint.requests_per_minute)
        self.outcome = Outcome()
        self.num_answers = 0
        # It tells every request at the level of our own messages.
        logging.getLogger("httpx").setLevel(logging.WARNING)

    async def run(self, questions: Iterable[Question]) -> Outcome:
        endpoint, todo = self.endpoint, iter(questions)
        async with httpx.AsyncClient(
            headers={"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {},
            # The time for a question as a whole is watched from outside.
            timeout=None,
            limits=httpx.Limits(max_connections=endpoint.concurrency, max_keepalive_connections=endpoint.concurrency),
            # A proxy of the environment knows nothing of this machine's own servers.
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
                # Others are the same, or follow from it.
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
                f"are kept: run again when the server is well (judge.tries, judge.timeout)"
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
        return self._told(str(error_of(state)))

    async def _post(self, client: httpx.AsyncClient, request: Mapping[str, Any]) -> Completion:
        try:
            async with asyncio.timeout(self.endpoint.timeout):
                response = await client.post(self.url, json=request)
        except TimeoutError:
            raise TransientError(f"timeout: no whole answer within {self.endpoint.timeout:g} s") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise ValueError(
                    f"{self.url}: the certificate of the server does not hold: {self._told(str(error))}; where your "
                    f"network has an authority of its own, set SSL_CERT_FILE"
                ) from None
            raise TransientError(f"connection: {type(error).__name__} {error}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ValueError(f"{self.url}: {self._told(str(error))}") from None
        if response.status_code != 200:
            self._fail(response)
        return self._read(response)

    def _fail(self, response: httpx.Response) -> None:
        status = response.status_code
        said = self._told(response.text)
        if status in PASSING and "insufficient_quota" not in response.text:
            raise TransientError(f"HTTP {status}: {said}", retry_after(response.headers.get("Retry-After")))
        if status in ABOUT_THE_QUESTION:
            raise _RefusedError(f"HTTP {status}: {said}")
        mend = {
            401: f"set the environment variable {self.endpoint.key_variable} to a key that the server knows",
            403: f"the key in {self.endpoint.key_variable} may not do that",
            404: "judge.base_url ends before /chat/completions, often in /v1; or judge.model is not there",
            429: "the account has no credit left",
        }.get(status, "check judge.base_url")
        raise ValueError(f"{self.url}: HTTP {status}: {said}; {mend}")

    def _read(self, response: httpx.Response) -> Completion:
        try:
            return read_completion(response.text, response.headers.get("Content-Type", ""))
        except ValueError as error:
            told = self._told(response.text)
            raise TransientError(f"malformed: {error} but {told!r}") from None

    def _takes_none(self) -> bool:
        return not (self.num_answers or self.endpoint.is_known)

    def _all_refused(self) -> ValueError:
        said = next(iter(self.outcome.refused.values())).text
        return ValueError(
            f"{self.url}: the server takes none of the questions ({said}); where it does not know response_format, set "
            f"judge.json_schema: false; else look at judge.limit_name, judge.temperature and judge.max_tokens"
        )

    def _told(self, text: str) -> str:
        """Return what somebody says in one line fit for a message."""
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
