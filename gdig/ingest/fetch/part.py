"""A file on its way: what has come of it, and of which file on the server it is a part."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from rich.filesize import decimal

from gdig.io.files import read_json, write_json

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Part:
    """`<file>.part`, with `<file>.part.json` beside it; a killed process leaves both for the next to go on from."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._about = target.with_name(f"{target.name}.part.json")

    @property
    def size(self) -> int:
        """Bytes at hand."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, where the server said it."""
        return self._recall()[1]

    @property
    def version(self) -> str | None:
        """The server's mark of the version of the file, where it has one that tells versions apart for sure."""
        return self._recall()[0]

    def begin(self, version: str | None, total: int | None) -> None:
        """Forget what is at hand, and note what is to come."""
        self.clear()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_json(self._about, {"version": version, "total": total})
        self.path.touch()

    def append(self, data: bytes) -> None:
        """Add bytes.

        Raises:
            ValueError: the disk is full; what is at hand is kept.
        """
        rest = memoryview(data)
        try:
            # Unbuffered: what is at hand is what the file's size says, whenever the process is killed.
            with self.path.open("ab", buffering=0) as stream:
                while rest:
                    rest = rest[stream.write(rest) :]
        except OSError as error:
            if error.errno not in FULL:
                raise
            size, total = self.size, self.total
            raise ValueError(
                f"{self.path}: the disk is full after {decimal(size)}"
                f"{f' of {decimal(total)}' if total is not None else ''} ({error.strerror}); what came is kept: make "
                f"space and start again, or set GDIG_DOWNLOADS to a folder on another disk"
            ) from None

    def clear(self) -> None:
        """Remove what is at hand."""
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)

    def move(self, path: Path) -> None:
        """Give what is at hand another name, in one step, once it stands on the disk."""
        with self.path.open("rb") as stream:
            os.fsync(stream.fileno())
        self.path.replace(path)
        self._about.unlink(missing_ok=True)

    def _recall(self) -> tuple[str | None, int | None]:
        if self.path.exists() and self._about.exists():
            found = read_json(self._about)
            return found["version"], found["total"]
        return None, None


def version_of(headers: Mapping[str, str]) -> str | None:
    """Return what a server says of a file's version, fit for If-Range: a strong ETag, or else the date of change."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified")
