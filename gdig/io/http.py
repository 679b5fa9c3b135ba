"""HTTP as a download needs it: which failures deserve another try, and how long to wait for it."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import requests
from requests.exceptions import ChunkedEncodingError, ConnectionError, ContentDecodingError, SSLError, Timeout

logger = logging.getLogger(__name__)
T = TypeVar("T")

PASSING = {408, 425, 429} | set(range(500, 600))
"""Answers of a server that may answer otherwise soon."""
PROGRESS = 2**20
"""Bytes that a failed try must have brought for the count of failures to begin anew."""


@dataclass(frozen=True)
class Patience:
    """How long a server is borne with."""

    tries: int = 6
    """Failures in a row, without progress, after which it is given up."""
    first_wait: float = 1.0
    """Seconds; doubled from try to try."""
    longest_wait: float = 120.0
    """Seconds; also the most that a server's Retry-After is followed for."""
    timeout: float = 60.0
    """Seconds without a byte after which a connection counts as stalled."""


class TransientError(Exception):
    """A failure that another try may mend; `wait` is for how many seconds the server asks to be left alone."""

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
        ValueError: what no other try mends: a dead link, a certificate that does not hold, a loop of redirects, a
            redirect from https to http, a web page in place of a file.
        TransientError: what another try may mend.
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


def persist(action: Callable[[], T], url: str, patience: Patience, gained: Callable[[], int] = lambda: 0) -> T:
    """Return what `action` does, trying again with growing waits while it is interrupted.

    Args:
        action: one try.
        url: for messages.
        patience: how often and how long.
        gained: bytes at hand, by which tries that get on are told from tries that do not.

    Raises:
        ValueError: `patience.tries` tries in a row brought nothing.
    """
    failures, furthest = 0, gained()
    while True:
        try:
            return action()
        except TransientError as error:
            failures = 1 if gained() >= furthest + PROGRESS else failures + 1
            furthest = max(furthest, gained())
            if failures >= patience.tries:
                raise ValueError(f"{url}: {error}; given up after {failures} tries in a row") from None
            wait = patience.first_wait * 2 ** (failures - 1) if error.wait is None else error.wait
            wait = min(wait, patience.longest_wait)
            logger.warning("%s: %s; trying again in %.0f s (%d of %d)", url, error, wait, failures, patience.tries - 1)
            time.sleep(wait)


def _judge(url: str, response: requests.Response, ranged: bool) -> None:
    status = response.status_code
    answered = f"the server answered {status} {response.reason}".rstrip()
    if status in PASSING:
        raise TransientError(answered, _retry_after(response.headers.get("Retry-After")))
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


def _retry_after(value: str | None) -> float | None:
    """Return seconds from a Retry-After header: a number of seconds, or a date."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
