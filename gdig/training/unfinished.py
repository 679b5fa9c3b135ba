"""The hidden folder of a run under way: weights of the best step so far, and the checkpoint to resume from."""

import shutil
from pathlib import Path

from gdig import processes
from gdig.files import read_json


def folder_of(out: Path) -> Path:
    """Return the folder of a run that will end in `out`."""
    return out.with_name(f".{out.name}.unfinished")


def best_of(work: Path, step: int) -> Path:
    """Return the folder of the weights of a step."""
    return work / f"best-{step}"


def last_checkpoint(work: Path) -> Path | None:
    """Return the checkpoint to resume from, if there is one: whole, since each is put there by one rename."""
    return max(work.glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]), default=None)


def clear(work: Path, current: int | None = None) -> None:
    """Remove what was half-written, and all weights but those of `current` and of the checkpoint's best step.

    A run that is resumed has its best step again as its checkpoint has it, and may then not repeat a better one.
    """
    if processes.rank() == 0:
        checkpoint = last_checkpoint(work)
        resumed = read_json(checkpoint / "trainer_state.json")["best_global_step"] if checkpoint else None
        kept = {best_of(work, step) for step in (current, resumed) if step is not None}
        for path in [*work.glob("best-*"), *work.glob(".best-*.part"), work / "writing"]:
            if path not in kept:
                shutil.rmtree(path, ignore_errors=True)
    processes.wait_for_all()
