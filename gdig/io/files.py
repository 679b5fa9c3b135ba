"""Atomic files and folders: a killed process leaves the old artifact or none, never half of one.

What it leaves beside them, a `.part`, is removed when the same artifact is written again.
"""

import hashlib
import json
import logging
import math
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psutil

logger = logging.getLogger(__name__)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it onto `path` only if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path`; swap it in only if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _temporary(path: Path) -> Path:
    """Return a path of this process beside another, and remove those of processes that are gone."""
    prefix, suffix = f".{path.name}.{_host()}-", ".part"
    for name in [entry.name for entry in path.parent.iterdir()]:
        pid = name.removeprefix(prefix).removesuffix(suffix)
        if name == f"{prefix}{pid}{suffix}" and pid.isdecimal() and not psutil.pid_exists(int(pid)):
            left = path.with_name(name)
            logger.info("%s: removed what a process that is gone left half-written", left)
            _remove(left)
    return path.with_name(f"{prefix}{os.getpid()}{suffix}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@cache
def _host() -> str:
    """Return what tells this machine, or container, from others that write into the same folder.

    A process id means a process only there.
    """
    processes = Path("/proc/self/ns/pid")
    parts = [platform.node(), str(processes.readlink()) if processes.is_symlink() else ""]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:8]


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, with line feeds on every platform."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def rounded(value: Any, digits: int = 4) -> Any:
    """Return a JSON value whose floats have so many decimals, small ones so many digits: a p value of 1e-8 is not 0.

    Metrics then diff cleanly, and do not depend on the last bits.
    """
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item, digits) for item in value]
    if isinstance(value, float):
        return round(value, digits) if abs(value) >= 0.1 else float(f"{value:.{digits}g}")
    return value


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys.

    Raises:
        ValueError: a value is NaN or infinite, which JSON has not; names file and key.
    """
    write_text(path, to_json(value, path, indent=2) + "\n")


def to_json(value: Any, where: object, indent: int | None = None) -> str:
    """Return strict JSON with sorted keys.

    Args:
        value: a JSON value.
        where: what it is written to, for the message.
        indent: spaces of a level; on one line without it.

    Raises:
        ValueError: a value is NaN or infinite; names `where` and the key.
    """
    try:
        return json.dumps(value, indent=indent, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except ValueError:
        key, wrong = next(_not_numbers(value))
        raise ValueError(f"{where}: {key or 'its value'} is {wrong}, which is no number") from None


def _not_numbers(value: Any, key: str = "") -> Iterator[tuple[str, float]]:
    """Yield the keys of values that are NaN or infinite, and those values."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _not_numbers(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _not_numbers(item, f"{key}[{number}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield key, value


def write_metrics(in_git: Path, cached: Path, metrics: Any, digits: int = 4) -> None:
    """Write rounded metrics twice, with equal bytes.

    Args:
        in_git: a DVC metric without cache, which Git tracks and `dvc push` ignores.
        cached: an output in DVC's cache, which `dvc push` takes and later stages read.
        metrics: a JSON value.
        digits: of floats, see `rounded`.
    """
    for path in (in_git, cached):
        write_json(path, rounded(metrics, digits))


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents of a folder's files."""
    if path.is_dir():
        names = sorted(p for p in path.rglob("*") if p.is_file())
        lines = "".join(f"{p.relative_to(path).as_posix()}\0{digest(p)}\n" for p in names)
        return hashlib.sha256(lines.encode()).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
