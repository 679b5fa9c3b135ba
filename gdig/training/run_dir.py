"""The run directory, in which training runs are made until they are complete, and how one becomes a stage's output."""

import errno
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from gdig.io.files import atomic_folder
from gdig.io.folders import scratch_folder
from gdig.io.locks import path_lock
from gdig.lm.passes import processes
from gdig.training.checkpointing import folder_of


@contextmanager
def run_dir(out: Path, resume_steps: int | None, inputs: Any, files: Sequence[Path]) -> Iterator[Path]:
    """Yield the folder for the runs that make `out`, the same in all processes; it is removed after success.

    With `resume_steps` it is a scratch folder named after inputs, code and number of processes, in which a stage finds
    what it had before a kill; else a hidden folder beside `out`, which starts empty.

    Args:
        out: of the stage.
        resume_steps: of the params.
        inputs: values that the runs depend on.
        files: files and folders that they depend on; read only with `resume_steps`.

    Raises:
        ValueError: another process works in the folder.
    """
    first = processes.rank() == 0
    if resume_steps is None:
        folder = out.with_name(f".{out.name}.training")
    else:
        folder = processes.from_first(lambda: scratch_folder(out, (inputs, processes.division()), files))
    with path_lock(folder) if first and resume_steps is not None else nullcontext():
        if first:
            if resume_steps is None:
                shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
        processes.wait_for_all()
        try:
            yield folder
        except BaseException:
            if first and resume_steps is None:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        processes.wait_for_all()
        if first:
            shutil.rmtree(folder)


def publish(made: Path, out: Path) -> None:
    """Make a finished folder the output of a stage, atomically: by a rename, or from another disk by a copy."""
    # A kill may come after a run is complete and before its folder of checkpoints is removed.
    for left in made.glob(folder_of(made / "*").name):
        shutil.rmtree(left)
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out, ignore_errors=True)
    try:
        made.rename(out)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with atomic_folder(out) as part:
            shutil.copytree(made, part, dirs_exist_ok=True)


def single_run(
    out: Path, resume_steps: int | None, inputs: Any, files: Sequence[Path], train: Callable[[Path], None]
) -> None:
    """Make one run in its run directory; it becomes the output of the stage.

    Args:
        out: of the stage, a folder.
        resume_steps: of the params.
        inputs: values that the run depends on.
        files: files and folders that it depends on.
        train: makes the folder that it is called with, in all processes; with `resume_steps`, what it leaves beside
            that folder is there again after a kill.

    Raises:
        ValueError: another process works in the run directory, or as `train`.
    """
    with run_dir(out, resume_steps, inputs, files) as work:
        trained = work / "model"
        if not trained.is_dir():
            train(trained)
        # Barrier: slow ranks must still see the finished run.
        processes.wait_for_all()
        if processes.rank() == 0:
            publish(trained, out)
