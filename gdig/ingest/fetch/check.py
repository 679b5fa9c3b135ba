"""Check a local file against the profile and its lock, or for integrity if neither gives a hash."""

import logging
from functools import cache
from pathlib import Path

from rich.filesize import decimal

from gdig.ingest.fetch.integrity import can_be_checked, read_through
from gdig.ingest.fetch.lock import Entry, lock_path
from gdig.io.files import digest

logger = logging.getLogger(__name__)


def check_file(path: Path, name: str, profile: str, wanted: str | None, locked: Entry | None) -> Entry:
    """Return size and hash of a file after checking it.

    Args:
        path: the file.
        name: final name of the file.
        profile: name of the profile.
        wanted: SHA-256 given in the profile.
        locked: entry of the profile's lock.

    Raises:
        ValueError: the hash or size differs, or the file is damaged.
    """
    entry = _measure(path, path.stat().st_size, path.stat().st_mtime_ns)
    if wanted is not None and entry.sha256 != wanted:
        raise ValueError(f"{path} has sha256 {entry.sha256}, but profile {profile!r} says {wanted}")
    if locked is not None and entry != locked:
        raise ValueError(
            f"{path} has {entry.bytes} bytes and sha256 {entry.sha256}, but {lock_path(profile)} says {locked.bytes} "
            f"bytes and {locked.sha256}: the file has changed since it was first fetched; to accept the new "
            f"file, remove its entry there"
        )
    if wanted is None and locked is None and can_be_checked(name):
        read_through(path, name)
    return entry


@cache
def _measure(path: Path, size: int, changed: int) -> Entry:
    """Hash a file once per process, unless its size or modification time changes."""
    if size > 10**9:
        logger.info("hashing %s, %s", path, decimal(size))
    return Entry(size, digest(path))
