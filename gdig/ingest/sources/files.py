"""Local files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gdig.config import FilesSource, Layout
from gdig.ingest.readers.parallel import read
from gdig.ingest.sources.raw import Opened
from gdig.io.files import digest
from gdig.run.progress import Meter


def open_source(source: FilesSource) -> Opened:
    """Open the one or two files of a source.

    Raises:
        ValueError: a file is missing, or its sha256 differs from that of the profile.
    """
    return open_paths([Path(path) for path in _as_list(source.path)], source, _as_list(source.sha256))


def open_paths(paths: Sequence[Path], layout: Layout, expected: Sequence[str | None]) -> Opened:
    """Open local files with the given layout; `expected` are their sha256, None to accept any.

    Raises:
        ValueError: a file is missing or has another sha256.
    """
    files = []
    for path, sha256 in zip(paths, [*expected, None][: len(paths)], strict=True):
        if not path.is_file():
            raise ValueError(
                f"source {layout.name!r}: there is no file {path}; paths are relative to the repository root"
            )
        actual = digest(path)
        if sha256 is not None and actual != sha256:
            raise ValueError(
                f"source {layout.name!r}: {path} has sha256 {actual}, but the profile says {sha256}; get the right "
                f"file, or correct the profile if this is the one you mean"
            )
        files.append({"name": path.name, "sha256": actual, "bytes": path.stat().st_size})
    meter = Meter()
    return Opened(read(list(paths), layout, meter), meter, {"files": files})


def _as_list(value: str | list[str] | None) -> list[Any]:
    return value if isinstance(value, list) else [value]
