"""Files on the web, which are local once they are fetched."""

from dataclasses import asdict
from pathlib import Path

from gdig.config import UrlsSource
from gdig.ingest.fetch.download import fetch, wanted_by
from gdig.ingest.fetch.lock import read_lock
from gdig.ingest.readers.parallel import read
from gdig.ingest.sources.raw import Opened
from gdig.run.progress import Meter


def open_source(source: UrlsSource, profile: str) -> Opened:
    """Open the downloaded file of a source, or its two.

    Raises:
        ValueError: it cannot be had, or is another one than the profile or its lock says.
    """
    paths, locked, meter = local_paths(source, profile), read_lock(profile), Meter()
    files = [
        {"name": path.name, "url": wanted.url} | asdict(locked[wanted.url])
        for path, wanted in zip(paths, wanted_by([source]), strict=True)
    ]
    return Opened(read(paths, source, meter), meter, {"files": files})


def local_paths(source: UrlsSource, profile: str) -> list[Path]:
    """Return where a source's files lie, whole and of the right hash, fetched if need be.

    `fetch_all`, called first with all sources, plans them together; what it has checked is not hashed again.

    Raises:
        ValueError: they cannot be had, or are others than the profile or its lock says.
    """
    return fetch(wanted_by([source]), profile)
