"""Files to download."""

from pathlib import Path

from gdig.config import UrlsSource
from gdig.data.sources.files import open_paths
from gdig.data.sources.opened import Opened


def open_source(source: UrlsSource) -> Opened:
    """Open the downloaded file of a source, or its two.

    Raises:
        ValueError: it cannot be had, or is another one than the profile says.
    """
    paths = local_paths(source)
    opened = open_paths(paths, source, [None] * len(paths))
    opened.provenance["url"] = source.url
    return opened


def local_paths(source: UrlsSource) -> list[Path]:
    """Return where a source's files lie, whole and of the right hash.

    Raises:
        ValueError: they cannot be had.
    """
    raise ValueError(
        f"source {source.name!r}: urls are not downloaded yet; get {source.url} by hand and say kind 'files'"
    )
