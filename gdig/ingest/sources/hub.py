"""Datasets of the Hugging Face hub at a pinned revision, and datasets in local folders, read as a stream.

Only data is read: the library refuses datasets with a loading script.
"""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gdig.config import HubSource
from gdig.ingest.readers.arrow import table_rows
from gdig.ingest.readers.rows import Malformed, Row
from gdig.ingest.sources.raw import Opened
from gdig.io.files import digest
from gdig.run.progress import Meter

logger = logging.getLogger(__name__)

BATCH = 1000
"""Rows in memory at a time."""
BUILDERS = {".parquet": "parquet", ".jsonl": "json", ".json": "json", ".csv": "csv"}
"""Dataset builder by suffix of a single local file."""


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
    return Opened(_rows(source, _load(source, path)), Meter(), told)


def _load(source: HubSource, path: Path) -> Any:
    # The import takes two seconds.
    from datasets import load_dataset

    settings: dict[str, Any] = {"name": source.config, "split": source.split, "streaming": True}
    try:
        if path.is_file():
            if path.suffix not in BUILDERS:
                raise ValueError(f"{path}: known are a folder and single files {', '.join(BUILDERS)}")
            return load_dataset(BUILDERS[path.suffix], data_files={source.split: str(path)}, **settings)
        return load_dataset(str(path) if path.is_dir() else source.dataset, revision=source.revision, **settings)
    except Exception as error:  # as in _tables
        remedy = "" if path.exists() else "; where HF_HUB_OFFLINE is 1, as `make` sets it, nothing is fetched"
        raise ValueError(
            f"source {source.name!r}: dataset {source.dataset} cannot be opened: {error}{remedy}"
        ) from error


def _rows(source: HubSource, dataset: Any) -> Iterator[Row | Malformed]:
    where = f"source {source.name!r}: dataset {source.dataset}"
    for table in _tables(dataset, where):
        yield from table_rows(table, source.columns, source.score, where)


def _tables(dataset: Any, where: str) -> Iterator[Any]:
    try:
        yield from dataset.with_format("arrow").iter(BATCH)
    except Exception as error:
        # Each format and compression has its own library with its own exceptions for damaged data.
        raise ValueError(f"{where} cannot be read on: {str(error.__cause__ or error).strip()}") from error
