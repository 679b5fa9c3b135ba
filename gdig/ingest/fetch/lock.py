"""`profiles/<profile>.lock.json`: size and SHA-256 of every file fetched for a profile, by URL.

It is committed to Git, so that a file that changes on its server is detected.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path

from gdig.config import PROFILES
from gdig.io.files import read_json, write_json
from gdig.io.locks import file_lock


@dataclass(frozen=True)
class Entry:
    """Size and hash of a file at its first fetch."""

    bytes: int
    sha256: str


def lock_path(profile: str) -> Path:
    """Return the path of a profile's lock file."""
    return PROFILES / f"{profile}.lock.json"


def read_lock(profile: str) -> dict[str, Entry]:
    """Read a profile's lock; empty if there is none yet.

    Raises:
        ValueError: the lock is damaged; names the file and the entry.
    """
    path = lock_path(profile)
    if not path.exists():
        return {}
    remedy = "restore it from Git"
    try:
        found = read_json(path)
    except ValueError as error:
        raise ValueError(f"{path}: not JSON: {error}; {remedy}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path}: must be an object of URLs; {remedy}")
    for url, entry in found.items():
        if (
            not isinstance(entry, dict)
            or entry.keys() != {"bytes", "sha256"}
            or type(entry["bytes"]) is not int
            or not re.fullmatch("[0-9a-f]{64}", str(entry["sha256"]))
        ):
            raise ValueError(f"{path}: {url}: must have bytes and a sha256 of 64 hexadecimal digits; {remedy}")
    return {url: Entry(**entry) for url, entry in found.items()}


def add_to_lock(profile: str, url: str, entry: Entry) -> None:
    """Add an entry; keeps entries that another process has written meanwhile."""
    PROFILES.mkdir(exist_ok=True)
    with file_lock(PROFILES / f".{profile}.lock"):
        entries = read_lock(profile) | {url: entry}
        write_json(lock_path(profile), {url: asdict(entry) for url, entry in entries.items()})
