"""The rows of a benchmark, each told when it is measured."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gdig.io.files import rounded, write_text


def report(rows: Iterable[Mapping[str, Any]], out: Path | None) -> None:
    """Print each row as JSON when it comes, rounded, and write all of them to `out` in the end."""
    lines = []
    for row in rows:
        lines.append(json.dumps(rounded(row)))
        print(lines[-1], flush=True)
    if out:
        write_text(out, "".join(f"{line}\n" for line in lines))
