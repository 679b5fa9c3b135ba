"""Raw pairs by role, and what a source opens to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gdig.ingest.readers.rows import Malformed, Row
from gdig.io.records import Pair
from gdig.run.progress import Meter


@dataclass(frozen=True)
class RawData:
    """Raw pairs by role, all distinct, before noise is planted."""

    pool: list[Pair]
    heldout: list[Pair]
    valid: list[Pair]
    test: list[Pair]
    base_text: list[Pair]
    origin: dict[str, str]
    """Family, file or corpus of each pool and held-out id."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """What was read: files, hashes, counts."""


@dataclass(frozen=True)
class Opened:
    """A source whose files are there and are the right ones; its rows are not yet read."""

    rows: Iterator[Row | Malformed]
    meter: Meter
    """How much of it was read."""
    provenance: dict[str, Any]
    """What it is: names, hashes, bytes, revision."""
