"""Stages whose outcome is one training run."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gdig import processes
from gdig.training.place import publish, workplace


def one_run(
    out: Path, resume_steps: int | None, inputs: Any, files: Sequence[Path], train: Callable[[Path], None]
) -> None:
    """Make one run in its workplace, and give it to the stage as its output.

    Args:
        out: of the stage, a folder.
        resume_steps: of the params.
        inputs: values that the run depends on.
        files: files and folders that it depends on.
        train: makes the folder that it is called with, in all processes; what it leaves beside it is there again after
            a kill where `resume_steps` asks for that.

    Raises:
        ValueError: another stage works in the workplace, or as `train`.
    """
    with workplace(out, resume_steps, inputs, files) as work:
        trained = work / "model"
        if not trained.is_dir():
            train(trained)
        # A process that comes late must still find what is done.
        processes.wait_for_all()
        if processes.rank() == 0:
            publish(trained, out)
