"""Raw pairs by role, and opened sources."""

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
    """Provenance of the data: files, hashes, counts."""


@dataclass(frozen=True)
class Opened:
    """A source whose files exist and are verified; its rows are not yet read."""

    rows: Iterator[Row | Malformed]
    meter: Meter
    """Read progress."""
    provenance: dict[str, Any]
    """Names, hashes, bytes, revision."""
