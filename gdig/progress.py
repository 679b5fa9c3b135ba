"""Progress that suits a terminal and a log file alike."""

import logging
import multiprocessing
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LINES = 10.0
T = TypeVar("T")


def track(items: Iterable[T], *, total: int, label: str, unit: str) -> Iterator[T]:
    """Yield `items`, showing count, rate and time left: a bar on a terminal, plain lines elsewhere.

    Processes side by side would overwrite each other's bars, so children write lines.
    """
    if sys.stderr.isatty() and multiprocessing.parent_process() is None:
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
