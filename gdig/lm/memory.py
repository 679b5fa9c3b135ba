"""Running out of memory, explained with the params that lower it."""

from collections.abc import Iterator
from contextlib import contextmanager

from gdig.config import Memory

_SIGNS = "out of memory", "can't allocate memory", "not enough memory"
"""In the RuntimeErrors of torch on a GPU, of CTranslate2, and of torch on a CPU."""


def is_oom(error: Exception) -> bool:
    """Return whether an error says that memory ran out, a device's or the host's."""
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
    """Return what an error says, without what torch adds; a MemoryError says nothing."""
    return (str(error) or type(error).__name__).splitlines()[0]


@contextmanager
def explain_oom(label: str, per_device: int, memory: Memory) -> Iterator[None]:
    """Turn running out of memory, a device's or the host's, into a ValueError that says which params to change."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_oom(error):
            raise
        what = ", ".join(remedies(per_device, memory))
        raise ValueError(f"{label}: out of memory: {first_line(error)}; {what}") from None


def remedies(per_device: int, memory: Memory) -> list[str]:
    """Return what lowers the memory of a training run."""
    found = [f"lower memory.per_device_batch_size (now {per_device})"] if per_device > 1 else []
    if not memory.gradient_checkpointing:
        found.append("set memory.gradient_checkpointing: true")
    if memory.dtype == "float32":
        found.append("set memory.dtype: bfloat16")
    if memory.lora is None:
        found.append("train adapters (memory.lora)")
    return [*found, "divide the model over several processes (profiles/accelerate/)"]
