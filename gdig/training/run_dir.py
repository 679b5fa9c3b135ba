"""Where training runs are made before they are whole, and how a stage takes one as its output."""

import errno
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from gdig.io.files import atomic_folder, digest
from gdig.io.folders import fingerprint, scratch_root
from gdig.io.locks import path_lock
from gdig.lm.passes import processes
from gdig.training.checkpointing import folder_of


@contextmanager
def workplace(out: Path, resume_steps: int | None, inputs: Any, files: Sequence[Path]) -> Iterator[Path]:
    """Yield the folder for the runs whose outcome is `out`, the same in all processes; it is gone after success.

    With `resume_steps` it is a scratch folder of these inputs, this code and these processes alone, in which a killed
    stage finds what it had; else a hidden one beside `out`, in which it finds nothing.

    Args:
        out: of the stage.
        resume_steps: of the params.
        inputs: values that the runs depend on.
        files: files and folders that they depend on, which are read only where a folder is named after them.

    Raises:
        ValueError: another stage works in the folder.
    """
    first = processes.rank() == 0
    if resume_steps is None:
        folder = out.with_name(f".{out.name}.training")
    else:
        folder = processes.from_first(lambda: _of_inputs(out, inputs, files))
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
    """Give a stage what was made as its output, whole or not at all: by a rename, or from another disk by a copy."""
    # A kill may have come when a run was whole, and before its unfinished folder was gone.
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


def _of_inputs(out: Path, inputs: Any, files: Sequence[Path]) -> Path:
    key = fingerprint(inputs, [digest(path) for path in files], processes.division())
    return scratch_root() / f"{'-'.join(out.parts[-3:])}-{key}"


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
