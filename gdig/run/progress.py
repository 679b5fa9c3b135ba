"""Progress that suits a terminal and a log file alike."""

import logging
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from rich.filesize import decimal
from tqdm import tqdm

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LINES = 10.0
ITEMS_BETWEEN_LOOKS = 10_000
T = TypeVar("T")


@dataclass
class Meter:
    """How much of an input was read, in any unit: what tells the time left where nobody knows the number of items."""

    done: int = 0
    total: int = 0


def track(items: Iterable[T], *, total: int, label: str, unit: str) -> Iterator[T]:
    """Yield `items`, showing count, rate and time left: a bar on a terminal, plain lines elsewhere.

    Processes side by side would overwrite each other's bars, so children write lines.
    """
    if _has_terminal():
        yield from tqdm(items, total=total, desc=label, unit=unit, dynamic_ncols=True, leave=False)
        return
    start = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            rate = done / (now - start)
            left = (total - done) / rate
            logger.info("%s: %d of %d, %.1f %s/s, %.0f s left", label, done, total, rate, unit, left)
            last = now


def track_stream(items: Iterable[T], meter: Meter, *, label: str, unit: str) -> Iterator[T]:
    """Yield the items of a stream of unknown length; count, rate, share read and time left are told as lines."""
    iterator = iter(items)
    start = last = time.monotonic()
    done = 0
    while batch := list(islice(iterator, ITEMS_BETWEEN_LOOKS)):
        yield from batch
        done += len(batch)
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            line = f"{label}: {done} {unit}, {done / (now - start):.0f} {unit}/s"
            if 0 < meter.done <= meter.total:
                left = (meter.total - meter.done) / meter.done * (now - start)
                line += f", {meter.done / meter.total:.1%} read, {left:.0f} s left"
            logger.info("%s", line)
            last = now


@contextmanager
def track_bytes(label: str, *, total: int | None, done: int = 0) -> Iterator[Callable[[int], object]]:
    """Yield a function that is told the position reached, and shows it, the rate and the time left.

    Args:
        label: what is read or fetched.
        total: bytes in all; null where nobody knows.
        done: position at the start; not counted in the rate.
    """
    if _has_terminal():
        with tqdm(
            desc=label, total=total, initial=done, unit="B", unit_scale=True, dynamic_ncols=True, leave=False
        ) as bar:
            yield lambda position: bar.update(position - bar.n)
        return
    start = last = time.monotonic()

    def show(position: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            rate = max(1.0, (position - done) / (now - start))
            left = "" if total is None else f" of {decimal(total)}, {(total - position) / rate:.0f} s left"
            logger.info("%s: %s%s, %s/s", label, decimal(position), left, decimal(round(rate)))
            last = now

    yield show


def _has_terminal() -> bool:
    return sys.stderr.isatty() and multiprocessing.parent_process() is None
