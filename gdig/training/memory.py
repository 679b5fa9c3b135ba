"""Running out of memory, told with the params that lower it."""

from collections.abc import Iterator
from contextlib import contextmanager

from gdig.config import Memory
from gdig.model.memory import first_line, is_want_of_memory


@contextmanager
def told_out_of_memory(label: str, per_device: int, memory: Memory) -> Iterator[None]:
    """Turn the want of memory, a device's or the host's, into a ValueError that says which params to change."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_want_of_memory(error):
            raise
        mends = [f"lower memory.per_device_batch_size (now {per_device})"] if per_device > 1 else []
        if not memory.gradient_checkpointing:
            mends.append("set memory.gradient_checkpointing: true")
        if memory.dtype == "float32":
            mends.append("set memory.dtype: bfloat16")
        if memory.lora is None:
            mends.append("train adapters (memory.lora)")
        mends.append("divide the model over several processes (profiles/accelerate/)")
        raise ValueError(f"{label}: out of memory: {first_line(error)}; {', or '.join(mends)}") from None
