"""What every command line has in common: output on any terminal, and errors of a user in one line."""

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from gdig.config.yaml_files import REPOSITORY, go_to_root

P = ParamSpec("P")
R = TypeVar("R")


def command(main: Callable[P, R]) -> Callable[P, R]:
    """Make a function the `main` of a command: its errors end in one line, and its output suits any terminal."""

    @wraps(main)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        escape_output()
        with one_line_errors():
            return main(*args, **kwargs)

    return run


def escape_output() -> None:
    """Write what the encoding of the terminal has no characters for as escapes; without it, printing it is an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End the process with one line on stderr and exit code 1 where a user can cause the error.

    Anything else is a fault of ours and shows its traceback, as does everything with GDIG_DEBUG=1 in the environment.
    """
    try:
        yield
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("GDIG_DEBUG") or not _is_the_users(error):
            raise
        print(f"error: {_told(error)}", file=sys.stderr)
        sys.exit(1)


def _is_the_users(error: Exception) -> bool:
    """Return whether a user can cause it; safetensors has an exception of its own for a full disk."""
    users = isinstance(error, ValueError | OSError) or os.strerror(errno.ENOSPC) in str(error)
    dvc = sys.modules.get("dvc.exceptions")
    return users or (dvc is not None and isinstance(error, dvc.DvcException))


def _told(error: Exception) -> str:
    """Return the message; of a file of the repository that is missing from the current folder, with where to go."""
    if isinstance(error, FileNotFoundError) and isinstance(error.filename, str | Path):
        path = Path(error.filename)
        if not path.is_absolute() and not Path("dvc.yaml").is_file() and (REPOSITORY / path).exists():
            return f"there is no {path} here; {go_to_root()}"
    if type(error).__name__ == "NotDvcRepoError":
        return f"this is no folder of a DVC repository; {go_to_root()}"
    return str(error)
