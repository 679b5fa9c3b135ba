"""HTTP for downloads and other clients: which failures are retried, how often, and after what wait."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import requests
from requests.exceptions import ChunkedEncodingError, ConnectionError, ContentDecodingError, SSLError, Timeout
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

logger = logging.getLogger(__name__)
T = TypeVar("T")

PASSING = {408, 425, 429} | set(range(500, 600))
"""Status codes of failures that may pass."""
PROGRESS = 2**20
"""Bytes that a failed try must bring to reset the count of failures."""


@dataclass(frozen=True)
class Patience:
    """Retry policy."""

    tries: int = 6
    """Failures in a row, without progress, after which the request is given up."""
    first_wait: float = 1.0
    """Seconds; doubled from try to try."""
    longest_wait: float = 120.0
    """Seconds; a longer Retry-After of the server is cut to it."""
    timeout: float = 60.0
    """Seconds without a byte after which a connection counts as stalled."""


class TransientError(Exception):
    """A failure that a retry may fix; `wait` is the Retry-After of the server in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@contextmanager
def answer(
    session: requests.Session,
    url: str,
    patience: Patience,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> Iterator[requests.Response]:
    """Yield the answer to a request, its body unread: 200, 206, or 416 where a range was asked for.

    The body is asked for as it is stored: what is packed stays packed.

    Raises:
        ValueError: what no retry fixes: a dead link, a certificate that does not hold, a loop of redirects, a
            redirect from https to http, a web page in place of a file.
        TransientError: what a retry may fix.
    """
    headers = {"User-Agent": "gdig", "Accept-Encoding": "identity"} | dict(headers or {})
    try:
        response = session.request(
            method, url, headers=headers, stream=True, timeout=patience.timeout, allow_redirects=True
        )
    except SSLError as error:
        if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            raise TransientError(f"the secure connection failed: {error}") from None
        raise ValueError(
            f"{url}: the certificate of the server does not hold, and no file is taken from a server that cannot be "
            f"told from another: {error}; where your network has an authority of its own, set REQUESTS_CA_BUNDLE"
        ) from None
    except Timeout:
        raise TransientError(f"no answer for {patience.timeout:g} s") from None
    except (ConnectionError, ChunkedEncodingError, ContentDecodingError) as error:
        # What it says of itself repeats the URL; within stands why.
        reason = getattr(error.args[0], "reason", error) if error.args else error
        raise TransientError(f"the connection failed: {reason}") from None
    except requests.RequestException as error:
        raise ValueError(f"{url}: {error}") from None
    with response:
        _judge(url, response, ranged="Range" in headers)
        yield response


class Failures:
    """Failed tries in a row, and what a `Patience` says of them: `after`, `wait` and `stop` of a tenacity retry."""

    def __init__(self, patience: Patience, gained: Callable[[], int] = lambda: 0) -> None:
        """Count from zero.

        Args:
            patience: how often and how long.
            gained: bytes received so far; a try that brings `PROGRESS` of them resets the count.
        """
        self.patience, self.gained = patience, gained
        self.number, self._furthest = 0, gained()

    def count(self, _: RetryCallState) -> None:
        """Count a failure."""
        self.number = 1 if self.gained() >= self._furthest + PROGRESS else self.number + 1
        self._furthest = max(self._furthest, self.gained())

    def wait(self, state: RetryCallState) -> float:
        """Return the seconds to wait: those that the server asks for, else twice as many after each failure."""
        asked = error_of(state).wait
        wait = self.patience.first_wait * 2 ** (self.number - 1) if asked is None else asked
        return min(wait, self.patience.longest_wait)

    def stop(self, _: RetryCallState) -> bool:
        """Return whether to give up."""
        return self.number >= self.patience.tries


def error_of(state: RetryCallState) -> TransientError:
    """Return the failure of the last try."""
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, TransientError)
    return error


def persist(action: Callable[[], T], url: str, patience: Patience, gained: Callable[[], int] = lambda: 0) -> T:
    """Return what `action` returns, retried after growing waits while it raises TransientError.

    Args:
        action: one try.
        url: for messages.
        patience: how often and how long.
        gained: bytes received so far; tries that make progress do not count as failures in a row.

    Raises:
        ValueError: `patience.tries` tries in a row made no progress.
    """
    failures = Failures(patience, gained)

    def log(state: RetryCallState) -> None:
        logger.warning("%s: %s; trying again in %.0f s (%d of %d)",
                       url, error_of(state), state.upcoming_sleep, failures.number, patience.tries - 1)  # fmt: skip

    def give_up(state: RetryCallState) -> T:
        raise ValueError(f"{url}: {error_of(state)}; given up after {failures.number} tries in a row") from None

    return Retrying(
        retry=retry_if_exception_type(TransientError),
        after=failures.count,
        wait=failures.wait,
        stop=failures.stop,
        before_sleep=log,
        retry_error_callback=give_up,
    )(action)


def _judge(url: str, response: requests.Response, ranged: bool) -> None:
    status = response.status_code
    answered = f"the server answered {status} {response.reason}".rstrip()
    if status in PASSING:
        raise TransientError(answered, retry_after(response.headers.get("Retry-After")))
    moved = f" at {response.url}, to where the link leads" if response.history else ""
    if status not in (200, 206, 416) or (status != 200 and not ranged):
        raise ValueError(f"{url}: {answered}{moved}")
    open_hops = [hop.url for hop in (*response.history, response) if not hop.url.startswith("https:")]
    if url.startswith("https:") and open_hops:
        raise ValueError(
            f"{url}: the link leads from https to {open_hops[0]}, where anybody on the way may change the file; if "
            f"that is what you want, name that URL in the profile, with its sha256"
        )
    if status != 416 and response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise ValueError(f"{url}: the server sent a web page{moved} and no file; a login or a dead link's stand-in?")


def retry_after(value: str | None) -> float | None:
    """Return seconds from a Retry-After header: a number of seconds, or a date; None for anything else."""
    try:
        return None if value is None else Retry().parse_retry_after(value)
    except (InvalidHeader, ValueError):
        return None
