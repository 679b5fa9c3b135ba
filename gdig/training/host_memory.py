"""Memory of the host that is used again from step to step."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

# Of glibc's malloc.h; mallopt(3) says what they mean and what glibc begins with.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_DEFAULTS = {_TRIM_THRESHOLD: 128 * 1024, _MMAP_MAX: 65536}
_REUSE = {_TRIM_THRESHOLD: -1, _MMAP_MAX: 0}


@contextmanager
def reused_memory() -> Iterator[None]:
    """Keep memory that is freed for what is allocated next, as long as the block runs.

    glibc gives large blocks back to the system at once, which then clears new ones page by page: a step of training
    allocates gradients as large as the weights, and a fifth of its time went there. Elsewhere nothing is changed.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt") or not hasattr(libc, "malloc_trim"):
        yield
        return
    try:
        for option, value in _REUSE.items():
            libc.mallopt(option, value)
        yield
    finally:
        for option, value in _DEFAULTS.items():
            libc.mallopt(option, value)
        libc.malloc_trim(0)
