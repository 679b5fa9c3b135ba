"""Parallel map over chunks in several processes, with results in the order of the chunks."""

import multiprocessing
import os
import pickle
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
"""Chunks per process that may be queued or finished but not yet consumed; bounds memory."""


def spread(setup: Callable[[], Callable[[T], R]], chunks: Iterable[T], num_processes: int) -> Iterator[tuple[T, R]]:
    """Yield every chunk with its result, in order; with one process, run in this process.

    Args:
        setup: called once in each process; returns the function to apply. Must be picklable, like chunks and results.
        chunks: consumed lazily.
        num_processes: number of worker processes.

    Raises:
        ValueError: a worker was killed; also any ValueError of the function. Errors of the function that cannot be
            pickled become ValueError where a user can cause them, else RuntimeError.
    """
    if num_processes == 1:
        work = setup()
        yield from ((chunk, work(chunk)) for chunk in chunks)
        return
    # Spawn, not fork: loaded libraries may have threads, which do not survive a fork.
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
            "a worker process was killed, perhaps because memory ran out; free memory, or lower num_threads to start "
            "fewer processes"
        ) from None
    finally:
        executor.shutdown(cancel_futures=True)


_setup: Callable[[], Callable[[Any], Any]]
_worker: Callable[[Any], Any] | None = None


def _start(setup: Callable[[], Callable[[Any], Any]]) -> None:
    # Ctrl-C reaches all processes of a terminal; the parent stops the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One thread per worker, since workers already share the cores. Tokenizers do not need torch, whose import takes
    # seconds and hundreds of megabytes.
    os.environ |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "USE_TORCH": "0"}
    global _setup  # noqa: PLW0603
    _setup = setup
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker if the parent process was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _work(chunk: Any) -> Any:
    # Set up with the first chunk and not in `_start`, where an error would break the pool without a message.
    global _worker  # noqa: PLW0603
    try:
        if _worker is None:
            _worker = _setup()
        return _worker(chunk)
    except Exception as error:
        raise _portable(error) from error


def _portable(error: Exception) -> Exception:
    """Return an error that the parent process can read: one that it cannot looks to it like the death of a worker."""
    try:
        if type(pickle.loads(pickle.dumps(error))) is type(error):
            return error
    except Exception:  # whatever its class does
        pass
    kind = ValueError if isinstance(error, ValueError | OSError) else RuntimeError
    return kind(f"{type(error).__qualname__}: {error}")
