"""Work on chunks, spread over processes, with the results in the order of the chunks."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

CHUNKS_AHEAD = 2
"""Chunks a process that may wait or be done before they are taken: what is read ahead stays in memory."""


def spread(setup: Callable[[], Callable[[T], R]], chunks: Iterable[T], num_processes: int) -> Iterator[tuple[T, R]]:
    """Yield every chunk with what the work makes of it, in order; with one process, work is done in this one.

    Args:
        setup: called once in each process, returns the work. Must be picklable, as chunks and results must.
        chunks: read as they are needed.
        num_processes: that work beside this one.

    Raises:
        ValueError: a process was killed from outside; or what the work raises.
    """
    if num_processes == 1:
        work = setup()
        yield from ((chunk, work(chunk)) for chunk in chunks)
        return
    # Not forked: libraries that are loaded here may have threads, which a fork would cut off.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(num_processes, context, _start, (setup,))
    waiting: deque[tuple[T, Future[R]]] = deque()
    try:
        for chunk in chunks:
            waiting.append((chunk, executor.submit(_work, chunk)))
            if len(waiting) > CHUNKS_AHEAD * num_processes:
                chunk, result = waiting.popleft()
                yield chunk, result.result()
        while waiting:
            chunk, result = waiting.popleft()
            yield chunk, result.result()
    except BrokenProcessPool:
        raise ValueError(
            "a process ended before its work was done, killed from outside or for want of memory; free memory, or set "
            "num_threads lower to have fewer processes"
        ) from None
    finally:
        executor.shutdown(cancel_futures=True)


_setup: Callable[[], Callable[[Any], Any]]
_worker: Callable[[Any], Any] | None = None


def _start(setup: Callable[[], Callable[[Any], Any]]) -> None:
    # Ctrl-C reaches all processes of a terminal; the first one tells the others to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The processes share the cores already. Tokenizers need no torch, which takes seconds and hundreds of megabytes.
    os.environ |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "USE_TORCH": "0"}
    global _setup  # noqa: PLW0603
    _setup = setup
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End where the process that gives out work was killed and could not say so."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _work(chunk: Any) -> Any:
    # Set up with the first chunk and not in `_start`, where an error would break the pool and not be told.
    global _worker  # noqa: PLW0603
    if _worker is None:
        _worker = _setup()
    return _worker(chunk)
