"""Explain out-of-memory errors by the params that lower memory use."""

from collections.abc import Iterator
from contextlib import contextmanager

from gdig.config import Memory

_SIGNS = "out of memory", "can't allocate memory", "not enough memory"
"""Substrings of out-of-memory RuntimeErrors of torch on a GPU, CTranslate2, and torch on a CPU."""


def is_oom(error: Exception) -> bool:
    """Return whether an error means that device or host memory ran out."""
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _SIGNS)


@contextmanager
def enough_memory(key: str, value: int) -> Iterator[None]:
    """Run a block whose memory grows with a param.

    Raises:
        ValueError: memory ran out; names the param to lower.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_oom(error):
            raise
        raise ValueError(f"memory ran out with {key} = {value}; lower it ({first_line(error)})") from error


def first_line(error: Exception) -> str:
    """Return the first line of an error's message; the type of a MemoryError, which has no message."""
    return (str(error) or type(error).__name__).splitlines()[0]


@contextmanager
def explain_oom(label: str, per_device: int, memory: Memory) -> Iterator[None]:
    """Convert an out-of-memory error of device or host into a ValueError that names the params to change."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_oom(error):
            raise
        remedies = [f"lower memory.per_device_batch_size (now {per_device})"] if per_device > 1 else []
        if not memory.gradient_checkpointing:
            remedies.append("set memory.gradient_checkpointing: true")
        if memory.dtype == "float32":
            remedies.append("set memory.dtype: bfloat16")
        if memory.lora is None:
            remedies.append("train adapters (memory.lora)")
        remedies.append("divide the model over several processes (profiles/accelerate/)")
        raise ValueError(f"{label}: out of memory: {first_line(error)}; {', or '.join(remedies)}") from None
