"""Download plan: what to fetch, where to put it, and whether it fits on the disk."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from urllib.parse import urlsplit

import requests
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from gdig.ingest.fetch.part import Part
from gdig.io.folders import DOWNLOADS_VARIABLE
from gdig.io.http import Patience, TransientError, answer, persist

NUM_ASKED = 8
"""Concurrent requests for sizes."""


@dataclass(frozen=True)
class Wanted:
    """A URL, and its SHA-256 if the profile gives one."""

    url: str
    sha256: str | None = None


@dataclass(frozen=True)
class Item:
    """One file of the plan."""

    url: str
    target: Path
    total: int | None
    """Bytes of the whole file; None if the server does not report them."""

    @property
    def here(self) -> int:
        """Bytes already on the disk."""
        return self.target.stat().st_size if self.target.is_file() else Part(self.target).size

    @property
    def left(self) -> int | None:
        """Bytes to fetch; None if unknown."""
        if self.target.is_file():
            return 0
        return None if self.total is None else max(0, self.total - self.here)


def target_of(url: str, root: Path) -> Path:
    """Return the path of a URL's file: `<root>/<host>/<path>`; a query becomes a prefix of the name.

    Raises:
        ValueError: not the URL of a file on the web.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no http or https URL; local files are sources of kind 'files'")
    if "@" in parts.netloc:
        raise ValueError(f"{parts.hostname}: a URL with a password would end up in Git; put it in ~/.netrc")
    segments = parts.path.split("/")[1:]
    if not segments or any(segment in ("", ".", "..") for segment in segments):
        raise ValueError(f"{url!r} must end with the name of a file, and have no empty folder, '.' or '..'")
    if parts.query:
        segments[-1] = f"{blake2b(parts.query.encode(), digest_size=4).hexdigest()}-{segments[-1]}"
    return root.joinpath(parts.netloc.lower(), *segments)


def make_plan(wanted: Sequence[Wanted], root: Path, known: dict[str, int], patience: Patience) -> list[Item]:
    """Request the size of every missing file, from all servers concurrently.

    Args:
        wanted: files, each once.
        root: folder of downloads.
        known: sizes by URL of those fetched before.
        patience: retry policy; size requests use a shorter one, so that one dead server does not delay the report.

    Raises:
        ValueError: files cannot be fetched; lists all of them, and where to put each by hand.
    """
    hasty = replace(patience, tries=min(patience.tries, 2), timeout=min(patience.timeout, 20.0))

    def lookup(one: Wanted) -> Item | str:
        target = target_of(one.url, root)
        if target.is_file():
            return Item(one.url, target, target.stat().st_size)
        try:
            total = remote_size(one.url, hasty)
        except ValueError as error:
            return f"{error}\n    {by_hand(target)}"
        if total is not None and known.get(one.url, total) != total:
            return (
                f"{one.url}: the server has {total} bytes, but the lock says {known[one.url]}: the file has changed"
                f"\n    {by_hand(target)}"
            )
        return Item(one.url, target, known.get(one.url, total))

    with ThreadPoolExecutor(NUM_ASKED) as threads:
        found = list(threads.map(lookup, wanted))
    if problems := [problem for problem in found if isinstance(problem, str)]:
        raise ValueError("nothing was fetched, since not everything can be had:\n  " + "\n  ".join(problems))
    return [item for item in found if isinstance(item, Item)]


def remote_size(url: str, patience: Patience) -> int | None:
    """Return the size of a file on its server; None if the server does not report it.

    Raises:
        ValueError: the server does not have the file, or does not answer.
    """

    def ask() -> int | None:
        try:
            with answer(session, url, patience, "HEAD") as response:
                if (length := response.headers.get("Content-Length", "")).isdigit():
                    return int(length)
        except (ValueError, TransientError):
            pass  # some servers refuse HEAD; fall back to GET
        with answer(session, url, patience, headers={"Range": "bytes=0-0"}) as response:
            if response.status_code == 200:
                length = response.headers.get("Content-Length", "")
            else:
                length = response.headers.get("Content-Range", "").rpartition("/")[2]
            return int(length) if length.isdigit() else None

    with requests.Session() as session:
        return persist(ask, url, patience)


def by_hand(target: Path) -> str:
    """Return the remedy for a file that cannot be fetched."""
    return f"a file got by hand can be put at {target}; it is then checked like a download"


def print_plan(items: Sequence[Item], root: Path, console: Console) -> None:
    """Print the plan with totals and free disk space."""
    table = Table("file", "size", "here", "to fetch", show_footer=True, title=f"Downloads, kept in {root}")
    for column in table.columns[1:]:
        column.justify = "right"
    for item in items:
        table.add_row(item.url, _size_text(item.total), decimal(item.here), _size_text(item.left))
    unknown = " and more" if any(item.left is None for item in items) else ""
    table.columns[0].footer = f"{len(items)} files; {decimal(_free(root))} free on the disk"
    table.columns[1].footer = decimal(sum(item.total or 0 for item in items)) + unknown
    table.columns[2].footer = decimal(sum(item.here for item in items))
    table.columns[3].footer = decimal(sum(item.left or 0 for item in items)) + unknown
    console.print(table)


def require_space(items: Sequence[Item], root: Path) -> None:
    """Check that the files fit on the disk.

    Raises:
        ValueError: they do not fit; names the bytes needed and free.
    """
    needed, free = sum(item.left or 0 for item in items), _free(root)
    if needed > free:
        raise ValueError(
            f"{root}: the disk has {decimal(free)} free, but {decimal(needed)} are to be fetched; make space, or set "
            f"{DOWNLOADS_VARIABLE} to a folder on another disk"
        )


def _size_text(size: int | None) -> str:
    return "not said" if size is None else decimal(size)


def _free(root: Path) -> int:
    while not root.exists():
        root = root.parent
    return shutil.disk_usage(root).free
