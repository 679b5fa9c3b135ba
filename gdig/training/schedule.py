"""How many steps a run takes, at which learning rate, and how a step's batch is divided over devices."""

import math
from dataclasses import dataclass

from gdig.config import Training


def num_steps(num_examples: int, settings: Training) -> int:
    """Return the steps of a run: `epochs` passes, or `min_steps` where those would be fewer."""
    return max(math.ceil(num_examples / settings.batch_size * settings.epochs), settings.min_steps)


def rate_share(step: int, total: int, settings: Training) -> float:
    """Return the share of `learning_rate` at a step (from 0): linear up over `warmup_share`, then as `schedule` says.

    Unlike those of transformers, no schedule spends its first step, of as few as 40, at a rate of zero.
    """
    rise = max(1, round(total * settings.warmup_share))
    if step < rise:
        return (step + 1) / rise
    done = (step - rise) / max(1, total - rise)
    if settings.schedule == "linear":
        return max(0.0, 1 - done)
    return (1 + math.cos(math.pi * min(1.0, done))) / 2 if settings.schedule == "cosine" else 1.0


def learning_rate(step: int, total: int, settings: Training) -> float:
    """Return the rate of a step (from 0)."""
    return settings.learning_rate * rate_share(step, total, settings)


@dataclass(frozen=True, slots=True)
class Division:
    """A batch in parts: each process runs `accumulation` parts of `per_device` examples before a step."""

    num_processes: int
    per_device: int
    accumulation: int


def divide(batch_size: int, per_device: int | None, num_processes: int) -> Division:
    """Divide batches over processes, in parts of `per_device` examples (null: one part a process).

    Raises:
        ValueError: the parts do not make up a batch; names the nearest values that do.
    """
    over = f" over {num_processes} processes" if num_processes > 1 else ""
    if batch_size % num_processes:
        below = batch_size - batch_size % num_processes
        nearest = " or ".join(str(size) for size in (below, below + num_processes) if size)
        raise ValueError(f"training.batch_size = {batch_size} cannot be divided{over}; take {nearest}")
    share = batch_size // num_processes
    per_device = per_device or share
    if share % per_device:
        fitting = [size for size in range(1, share + 1) if not share % size]
        below = max(size for size in fitting if size < per_device)
        nearest = " or ".join(map(str, [below, *[size for size in fitting if size > per_device][:1]]))
        raise ValueError(
            f"memory.per_device_batch_size = {per_device}: batches of training.batch_size = {batch_size}{over} cannot "
            f"be made of parts of that size; take {nearest}"
        )
    division = Division(num_processes, per_device, share // per_device)
    assert division.num_processes * division.per_device * division.accumulation == batch_size
    return division
