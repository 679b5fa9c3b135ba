"""Memory that does not suffice, told with the param to lower."""

from collections.abc import Iterator
from contextlib import contextmanager

SIGNS = "out of memory", "can't allocate memory"
"""In the RuntimeErrors of torch on a GPU, of CTranslate2, and of torch on a CPU."""


@contextmanager
def enough_memory(key: str, value: int) -> Iterator[None]:
    """Run a block whose memory grows with a param.

    Raises:
        ValueError: memory ran out; names the param to lower.
    """
    try:
        yield
    except RuntimeError as error:
        if not any(sign in str(error) for sign in SIGNS):
            raise
        told = str(error).splitlines()[0]
        raise ValueError(f"memory ran out with {key} = {value}; lower it ({told})") from error
