"""Download all files of a profile: plan them together, fetch one at a time, check, record in the lock."""

import logging
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import requests
from rich.console import Console

from gdig.config import UrlsSource
from gdig.ingest.fetch.check import check_file
from gdig.ingest.fetch.lock import Entry, add_to_lock, lock_path, read_lock
from gdig.ingest.fetch.plan import Wanted, by_hand, make_plan, print_plan, require_space, target_of
from gdig.ingest.fetch.transfer import Expected, transfer
from gdig.io.folders import downloads_root
from gdig.io.http import Patience
from gdig.io.locks import file_lock

logger = logging.getLogger(__name__)


def wanted_by(sources: Sequence[Any]) -> list[Wanted]:
    """Return the files of the URL sources, in order."""
    wanted: list[Wanted] = []
    for source in sources:
        if isinstance(source, UrlsSource):
            urls, hashes = _as_list(source.url), _as_list(source.sha256)
            hashes = hashes if source.sha256 is not None else [None] * len(urls)
            wanted += [Wanted(url, sha256) for url, sha256 in zip(urls, hashes, strict=True)]
    return wanted


def fetch_all(sources: Sequence[Any], profile: str) -> None:
    """Fetch the missing files of all URL sources with one plan and one disk check. See `fetch`."""
    fetch(wanted_by(sources), profile)


def fetch(
    wanted: Sequence[Wanted], profile: str, *, dry_run: bool = False, patience: Patience | None = None
) -> list[Path]:
    """Fetch missing files, check all files, and return the local path of each, in order.

    A file placed by hand counts as fetched. The first fetch records size and hash in the profile's lock; later fetches
    must match.

    Args:
        wanted: URLs and hashes.
        profile: name of the profile that owns the lock.
        dry_run: only print the plan.
        patience: retry policy.

    Raises:
        ValueError: a file cannot be fetched, has changed, or is damaged; the files do not fit on the disk.
    """
    if not wanted:
        return []
    patience = patience or Patience()
    root, locked = downloads_root(), read_lock(profile)
    once = _once(wanted)
    for one in once:
        if one.sha256 and one.url in locked and locked[one.url].sha256 != one.sha256:
            raise ValueError(
                f"{one.url}: profile {profile!r} says sha256 {one.sha256}, but {lock_path(profile)} says "
                f"{locked[one.url].sha256}; remove the one that is wrong"
            )
    with requests.Session() as session:
        if dry_run or not all(target_of(one.url, root).is_file() for one in once):
            known = {url: entry.bytes for url, entry in locked.items()}
            items = make_plan(once, root, known, patience)
            print_plan(items, root, _console())
            require_space(items, root)
        for one in [] if dry_run else once:
            target = target_of(one.url, root)
            # A file at its final path is complete and needs no lock; the folder may be read-only for this user.
            with (
                nullcontext()
                if target.is_file()
                else file_lock(
                    target.with_name(f"{target.name}.lock"), waiting=f"{target}: another process fetches it; waiting"
                )
            ):
                # Read again: another process may have fetched the file during the wait.
                before = read_lock(profile).get(one.url)
                entry = _have(session, one, target, profile, before, patience)
                if before is None:
                    add_to_lock(profile, one.url, entry)
    return [target_of(one.url, root) for one in wanted]


def _have(
    session: requests.Session, one: Wanted, target: Path, profile: str, locked: Entry | None, patience: Patience
) -> Entry:
    """Return size and hash of a file; fetch it if missing, and move it to its final path only after the check."""
    if target.is_file():
        try:
            entry = check_file(target, target.name, profile, one.sha256, locked)
        except ValueError as error:
            raise ValueError(f"{error}; remove {target} to fetch it again") from None
        if locked is None:
            logger.info("%s: found locally, sha256 %s", target, entry.sha256)
        return entry
    expected = Expected(locked.bytes, locked.sha256) if locked else Expected(sha256=one.sha256)
    try:
        part = transfer(session, one.url, target, expected, patience)
    except ValueError as error:
        raise ValueError(f"{error}\n    {by_hand(target)}") from None
    try:
        entry = check_file(part.path, target.name, profile, one.sha256, locked)
    except ValueError as error:
        rejected = target.with_name(f"{target.name}.rejected")
        part.move(rejected)
        raise ValueError(f"{one.url}: {error}; it is kept as {rejected}\n    {by_hand(target)}") from None
    part.move(target)
    logger.info("%s: complete, sha256 %s", target, entry.sha256)
    return entry


def _once(wanted: Sequence[Wanted]) -> list[Wanted]:
    """Return each URL once.

    Raises:
        ValueError: one URL has two hashes.
    """
    found: dict[str, Wanted] = {}
    for one in wanted:
        before = found.setdefault(one.url, one)
        if before.sha256 and one.sha256 and before.sha256 != one.sha256:
            raise ValueError(f"{one.url}: the profile gives two hashes, {before.sha256} and {one.sha256}")
        if one.sha256:
            found[one.url] = one
    return list(found.values())


def _as_list(value: str | list[str] | None) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _console() -> Console:
    # Without a terminal, use a fixed width so that URLs are not broken.
    return Console(stderr=True, width=None if sys.stderr.isatty() else 200)
