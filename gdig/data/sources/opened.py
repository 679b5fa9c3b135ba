"""What every kind of source but the grammar opens to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gdig.data.readers.rows import Malformed, Row
from gdig.progress import Meter


@dataclass(frozen=True)
class Opened:
    """A source whose files are there and are the right ones; its rows are not yet read."""

    rows: Iterator[Row | Malformed]
    meter: Meter
    """How much of it was read."""
    provenance: dict[str, Any]
    """What it is: names, hashes, bytes, revision."""
