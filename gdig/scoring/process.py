"""A learned metric in a process of its own, which gives its memory back and keeps its imports to itself.

The process reads a request and writes its answer, each a JSON file; what it prints goes where the caller's goes.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gdig.io.files import read_json, write_json, write_text

OUT_OF_MEMORY = ("out of memory", "can't allocate memory")


def ask(module: str, request: dict[str, Any], batch_size_key: str) -> dict[str, Any]:
    """Return the answer of `python -m <module>` to a request.

    Args:
        module: whose `main` calls `reply`.
        request: JSON values; `batch_size` is one of them.
        batch_size_key: of the params, for messages.

    Raises:
        ValueError: what the process tells, or that memory ran out.
    """
    lower = f"lower {batch_size_key} (now {request['batch_size']})"
    with tempfile.TemporaryDirectory(prefix="gdig-score-") as folder:
        question, answer = Path(folder, "request.json"), Path(folder, "answer.json")
        write_json(question, request)
        command = [sys.executable, "-m", module, str(question), str(answer)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
        if not answer.is_file():
            reason = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
            killed = "; where it was killed for want of memory, " + lower if done.returncode < 0 else ""
            raise ValueError(f"{module} ended with {reason}{killed}; what it said stands above")
        told: dict[str, Any] = read_json(answer)
    if "error" in told:
        raise ValueError(told["error"] + (f"; {lower}" if told["is_memory"] else ""))
    return told


def reply(function: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer the request that the command line names; what a user can cause becomes the answer's `error`."""
    question, answer = map(Path, sys.argv[1:])
    try:
        told = function(read_json(question))
    except (ValueError, OSError, RuntimeError, ImportError) as error:
        is_memory = any(words in str(error) for words in OUT_OF_MEMORY)
        if os.environ.get("GDIG_DEBUG") or not (is_memory or isinstance(error, ValueError | OSError)):
            raise
        told = {"error": str(error).partition("\n")[0], "is_memory": is_memory}
    # A score that is no number is the caller's to tell: it knows of which segment.
    write_text(answer, json.dumps(told))
