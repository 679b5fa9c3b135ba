"""Run a learned metric in a process of the environment that has it, see `gdig.scoring.environment`.

The process reads requests and writes an answer to each, both lines of JSON, over a socket; what it prints goes to the
caller's stderr.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gdig.config.yaml_files import REPOSITORY

OUT_OF_MEMORY = ("out of memory", "can't allocate memory")
Ask = Callable[[dict[str, Any]], dict[str, Any]]
"""From a request, JSON values including `batch_size`, to its answer."""


def ask(python: Path, module: str, request: dict[str, Any], batch_size_key: str) -> dict[str, Any]:
    """Return the answer of a process, see `conversation`, to a single request."""
    with conversation(python, module, batch_size_key) as asked:
        return asked(request)


@contextmanager
def conversation(python: Path, module: str, batch_size_key: str) -> Iterator[Ask]:
    """Yield a function that asks `python -m <module>`: one process, which keeps what it loads, for all requests.

    Args:
        python: that of the environment.
        module: module whose `main` calls `reply`.
        batch_size_key: params key of the batch size, for messages.

    Raises:
        ValueError: from the function; the process reports an error, is killed, or runs out of memory.
    """
    ours, theirs = socket.socketpair()
    # This package is not installed there.
    found = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [python, "-m", module, str(theirs.fileno())],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(found)},
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
    )
    theirs.close()
    answers = ours.makefile(encoding="utf-8")

    def asked(request: dict[str, Any]) -> dict[str, Any]:
        lower = f"lower {batch_size_key} (now {request['batch_size']})"
        try:
            ours.sendall(f"{json.dumps(request)}\n".encode())
            line = answers.readline()
        except ConnectionError:
            line = ""
        if not line.endswith("\n"):
            code = process.wait()
            reason = f"signal {-code}" if code < 0 else f"exit code {code}"
            killed = "; if it was killed because memory ran out, " + lower if code < 0 else ""
            raise ValueError(f"{module} ended with {reason}{killed}; its output is above")
        told: dict[str, Any] = json.loads(line)
        if "error" in told:
            raise ValueError(told["error"] + (f"; {lower}" if told["is_memory"] else ""))
        return told

    try:
        yield asked
    finally:
        answers.close()
        ours.close()
        process.terminate()
        process.wait()


def reply(function: Ask) -> None:
    """Answer the requests on the socket that the command line names; user errors become the answer's `error`."""
    with socket.socket(fileno=int(sys.argv[1])) as ours, ours.makefile(encoding="utf-8") as requests:
        for line in requests:
            try:
                told = function(json.loads(line))
            except (ValueError, OSError, RuntimeError, ImportError) as error:
                is_memory = any(words in str(error) for words in OUT_OF_MEMORY)
                if os.environ.get("GDIG_DEBUG") or not (is_memory or isinstance(error, ValueError | OSError)):
                    raise
                told = {"error": str(error).partition("\n")[0], "is_memory": is_memory}
            # NaN scores are reported by the caller, which knows the segment.
            try:
                ours.sendall(f"{json.dumps(told)}\n".encode())
            except BrokenPipeError:  # the caller was killed
                return
