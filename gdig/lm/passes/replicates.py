"""Replicates of one cell: side by side on CPU cores, one after the other on a GPU."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

import torch

from gdig.lm.passes import processes
from gdig.run import stage

T = TypeVar("T")

_function: Callable[[int], Any] | None = None
"""What a forked child calls: a closure reaches it by the fork, which pickle could not do."""


def map_replicates(function: Callable[[int], T], seeds: Sequence[int]) -> list[T]:
    """Return `function(seed)` of every seed, in order.

    On the CPU each replicate runs in a forked process of its own with one thread: small models gain little from a
    second thread, and bytes do not depend on the number of cores or of replicates. Where several processes share the
    work, they run all replicates together, one after the other.

    Raises:
        ValueError: as `function`, or a process was killed, mostly for want of memory.
    """
    global _function  # noqa: PLW0603
    if torch.cuda.is_available() or processes.count() > 1:
        return [function(seed) for seed in seeds]
    _function = function
    try:
        with ProcessPoolExecutor(
            max_workers=min(len(seeds), stage.num_cores()),
            mp_context=multiprocessing.get_context("fork"),
            initializer=_begin,
        ) as pool:
            return list(pool.map(_call, seeds))
    except BrokenProcessPool:
        raise ValueError(
            "a replicate's process was killed, mostly for want of memory; lower per_device_batch_size or max_tokens"
        ) from None
    finally:
        _function = None


def _begin() -> None:
    # A signal must end a replicate. As an exception it would be taken for the replicate's outcome, and the next begin.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    torch.set_num_threads(1)


def _call(seed: int) -> Any:
    assert _function is not None
    return _function(seed)
