"""Files on the web, opened after download."""

from dataclasses import asdict
from pathlib import Path

from gdig.config import UrlsSource
from gdig.ingest.fetch.download import fetch, wanted_by
from gdig.ingest.fetch.lock import read_lock
from gdig.ingest.readers.parallel import read
from gdig.ingest.sources.raw import Opened
from gdig.run.progress import Meter


def open_source(source: UrlsSource, profile: str) -> Opened:
    """Open the one or two downloaded files of a source.

    Raises:
        ValueError: a file cannot be fetched, or differs from the profile or its lock.
    """
    paths, locked, meter = local_paths(source, profile), read_lock(profile), Meter()
    files = [
        {"name": path.name, "url": wanted.url} | asdict(locked[wanted.url])
        for path, wanted in zip(paths, wanted_by([source]), strict=True)
    ]
    return Opened(read(paths, source, meter), meter, {"files": files})


def local_paths(source: UrlsSource, profile: str) -> list[Path]:
    """Return the local paths of a source's files, fetched if missing and verified.

    `fetch_all`, called first with all sources, plans them together; files it has checked are not hashed again.

    Raises:
        ValueError: a file cannot be fetched, or differs from the profile or its lock.
    """
    return fetch(wanted_by([source]), profile)
