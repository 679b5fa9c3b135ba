"""Run a learned metric in a process of the environment that has it, see `gdig.scoring.environment`.

The process reads a request and writes an answer, both JSON files; it shares the caller's stdout and stderr.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gdig.config.yaml_files import REPOSITORY
from gdig.io.files import read_json, write_json, write_text

OUT_OF_MEMORY = ("out of memory", "can't allocate memory")


def ask(python: Path, module: str, request: dict[str, Any], batch_size_key: str) -> dict[str, Any]:
    """Return the answer of `python -m <module>` to a request.

    Args:
        python: that of the environment.
        module: module whose `main` calls `reply`.
        request: JSON values, including `batch_size`.
        batch_size_key: params key of the batch size, for messages.

    Raises:
        ValueError: the process reports an error, is killed, or runs out of memory.
    """
    lower = f"lower {batch_size_key} (now {request['batch_size']})"
    with tempfile.TemporaryDirectory(prefix="gdig-score-") as folder:
        question, answer = Path(folder, "request.json"), Path(folder, "answer.json")
        write_json(question, request)
        # This package is not installed there.
        found = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
        done = subprocess.run(
            [python, "-m", module, question, answer],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(found)},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            check=False,
        )
        if not answer.is_file():
            reason = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
            killed = "; if it was killed because memory ran out, " + lower if done.returncode < 0 else ""
            raise ValueError(f"{module} ended with {reason}{killed}; its output is above")
        told: dict[str, Any] = read_json(answer)
    if "error" in told:
        raise ValueError(told["error"] + (f"; {lower}" if told["is_memory"] else ""))
    return told


def reply(function: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer the request named on the command line; user errors become the answer's `error`."""
    question, answer = map(Path, sys.argv[1:])
    try:
        told = function(read_json(question))
    except (ValueError, OSError, RuntimeError, ImportError) as error:
        is_memory = any(words in str(error) for words in OUT_OF_MEMORY)
        if os.environ.get("GDIG_DEBUG") or not (is_memory or isinstance(error, ValueError | OSError)):
            raise
        told = {"error": str(error).partition("\n")[0], "is_memory": is_memory}
    # NaN scores are reported by the caller, which knows the segment.
    write_text(answer, json.dumps(told))
