"""Datasets of the Hugging Face hub at a pinned revision, and datasets in local folders, read as a stream.

Local text is read by our own readers, which reject a damaged row; the `datasets` library finds the files of a split
and reads Parquet folders and what lies on the hub. Only data is read: the library refuses datasets with a loading
script.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

from gdig.config import HubSource, Layout
from gdig.ingest.readers.arrow import table_rows
from gdig.ingest.readers.compressed import text_name
from gdig.ingest.readers.parallel import read
from gdig.ingest.readers.rows import Malformed, Row
from gdig.ingest.sources.raw import Opened
from gdig.io.files import digest
from gdig.run.progress import Meter

logger = logging.getLogger(__name__)

BATCH = 1000
"""Rows in memory at a time."""
SUFFIXES = frozenset({".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv"})
"""Suffixes of the local files that are read as those of kind `files`."""
TEXT_SUFFIXES = {
    ("csv", ","): frozenset({".csv"}),
    ("csv", "\t"): frozenset({".tsv"}),
    ("json", None): frozenset({".jsonl", ".ndjson", ".json"}),
}
"""Suffixes that our readers read in the same form, by dataset builder and separator."""
UNREAD_SETTINGS = frozenset({"name", "version", "data_dir", "data_files", "description", "features", "sep"})
"""Settings of a dataset builder that do not change how its files are read, or are checked by themselves."""


def open_source(source: HubSource) -> Opened:
    """Open a dataset from the hub, a local folder, or a single local file.

    Raises:
        ValueError: a hub dataset has no revision, or a local one has one; a dataset, split or config is missing or not
            available offline.
    """
    path = Path(source.dataset)
    told: dict[str, Any] = {"dataset": path.name, "config": source.config, "split": source.split}
    if path.exists():
        if source.revision is not None:
            raise ValueError(f"source {source.name!r}: {path} is local, so it has no revision; leave `revision` out")
        told["sha256"] = digest(path)
    else:
        if re.match(r"[./~]", source.dataset) or source.dataset.count("/") > 1:
            raise ValueError(
                f"source {source.name!r}: there is no folder {source.dataset}; paths are relative to the repository "
                f"root"
            )
        if source.revision is None:
            raise ValueError(
                f"source {source.name!r}: dataset {source.dataset!r} is no local folder, and on the hub its files may "
                f"change; say as `revision` the commit that you mean"
            )
        if not re.fullmatch("[0-9a-f]{40}", source.revision):
            logger.warning(
                "%s: revision %r is a branch or tag, which may move; a commit cannot", source.name, source.revision
            )
        told |= {"dataset": source.dataset, "revision": source.revision}
    meter = Meter()
    return Opened(_open(source, path, meter), meter, told)


def _open(source: HubSource, path: Path, meter: Meter) -> Iterator[Row | Malformed]:
    if path.is_file():
        if Path(text_name(path, None)).suffix.lower() not in SUFFIXES:
            raise ValueError(
                f"source {source.name!r}: dataset {path} cannot be opened: known are a folder and single files "
                f"{', '.join(sorted(SUFFIXES))}, also compressed"
            )
        return read([path], _layout(source), meter)
    remedy = "" if path.exists() else "; where HF_HUB_OFFLINE is 1, as `make` sets it, nothing is fetched"
    try:
        builder = _builder(source, path)
        files = _own_files(builder, source.split) if path.is_dir() else []
        dataset = None if files else builder.as_streaming_dataset(split=source.split)
    except Exception as error:  # as in _tables
        raise ValueError(
            f"source {source.name!r}: dataset {source.dataset} cannot be opened: {error}{remedy}"
        ) from error
    if files:
        return chain.from_iterable(read([file], _layout(source), meter) for file in files)
    if builder.info.builder_name == "csv":
        logger.warning(
            "%s: the datasets library reads this CSV: a carriage return ends a row, NA is no text, and no row is "
            "rejected for it; read its files with kind files or urls",
            source.name,
        )
    return _rows(source, dataset)


def _builder(source: HubSource, path: Path) -> Any:
    # The import takes two seconds.
    from datasets import load_dataset_builder

    dataset = str(path) if path.is_dir() else source.dataset
    return load_dataset_builder(dataset, name=source.config, revision=source.revision)


def _own_files(builder: Any, split: str) -> list[Path]:
    """Return the local text files of a split, in order; none if our readers would read them otherwise.

    That is so if the dataset's card sets an option, such as another separator.
    """
    settings = builder.config
    suffixes = TEXT_SUFFIXES.get((builder.info.builder_name, getattr(settings, "sep", None)))
    if suffixes is None or split not in settings.data_files:
        return []
    for setting in fields(settings):
        if setting.name not in UNREAD_SETTINGS and getattr(settings, setting.name) != setting.default:
            return []
    paths = [Path(name) for name in settings.data_files[split]]
    try:
        found = {Path(text_name(path, None)).suffix.lower() for path in paths}
    except ValueError:  # an archive of several files
        return []
    return paths if found <= suffixes else []


def _layout(source: HubSource) -> Layout:
    return Layout(name=source.name, columns=[*source.columns], score=source.score)


def _rows(source: HubSource, dataset: Any) -> Iterator[Row | Malformed]:
    where = f"source {source.name!r}: dataset {source.dataset}"
    for table in _tables(dataset, where):
        yield from table_rows(table, source.columns, source.score, where)


def _tables(dataset: Any, where: str) -> Iterator[Any]:
    try:
        yield from dataset.with_format("arrow").iter(BATCH)
    except Exception as error:
        # Each format and compression has its own library with its own exceptions for damaged data.
        raise ValueError(
            f"{where} cannot be read on: {str(error.__cause__ or error).strip()}; if it is text, read its files with "
            f"kind files or urls, which reject single rows"
        ) from error
