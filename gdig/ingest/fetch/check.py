"""A file that is here, held against what the profile and its lock say, or read to its end where they say nothing."""

import logging
from functools import cache
from pathlib import Path

from rich.filesize import decimal

from gdig.ingest.fetch.integrity import can_be_checked, read_through
from gdig.ingest.fetch.lock import Entry, lock_path
from gdig.io.files import digest

logger = logging.getLogger(__name__)


def check(path: Path, name: str, profile: str, wanted: str | None, locked: Entry | None) -> Entry:
    """Return size and hash of a file that is what it should be.

    Args:
        path: the file.
        name: its name when it is in its place.
        profile: name of the profile.
        wanted: SHA-256 that the profile says.
        locked: what the profile's lock says.

    Raises:
        ValueError: it is another file, or damaged.
    """
    entry = _measure(path, path.stat().st_size, path.stat().st_mtime_ns)
    if wanted is not None and entry.sha256 != wanted:
        raise ValueError(f"{path} has sha256 {entry.sha256}, but profile {profile!r} says {wanted}")
    if locked is not None and entry != locked:
        raise ValueError(
            f"{path} has {entry.bytes} bytes and sha256 {entry.sha256}, but {lock_path(profile)} says {locked.bytes} "
            f"bytes and {locked.sha256}: the file is not what it was when it was first fetched; to take it as it is "
            f"now, remove its entry there"
        )
    if wanted is None and locked is None and can_be_checked(name):
        read_through(path, name)
    return entry


@cache
def _measure(path: Path, size: int, changed: int) -> Entry:
    """Hash a file once a process, as long as size and time of change are the same."""
    if size > 10**9:
        logger.info("hashing %s, %s", path, decimal(size))
    return Entry(size, digest(path))
