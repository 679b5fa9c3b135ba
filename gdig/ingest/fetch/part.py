"""A partial download and the version of the remote file that it belongs to."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from rich.filesize import decimal

from gdig.io.files import read_json, write_json

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Part:
    """`<file>.part` and `<file>.part.json`; a killed process leaves both, and the next one resumes from them."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._about = target.with_name(f"{target.name}.part.json")

    @property
    def size(self) -> int:
        """Bytes received."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, if the server has sent them."""
        return self._recall()[1]

    @property
    def version(self) -> str | None:
        """The server's version mark of the file, if it identifies the version reliably."""
        return self._recall()[0]

    def begin(self, version: str | None, total: int | None) -> None:
        """Discard received bytes and record version and size of the new transfer."""
        self.clear()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_json(self._about, {"version": version, "total": total})
        self.path.touch()

    def append(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            ValueError: the disk is full; received bytes are kept.
        """
        rest = memoryview(data)
        try:
            # Unbuffered: the file size equals the bytes received even if the process is killed.
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
        """Remove the received bytes."""
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)

    def move(self, path: Path) -> None:
        """Rename the part atomically after flushing it to the disk."""
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
    """Return the server's version of a file for If-Range: a strong ETag, or else Last-Modified."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified")
