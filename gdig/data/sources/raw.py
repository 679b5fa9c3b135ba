"""What every source yields."""

from dataclasses import dataclass, field
from typing import Any

from gdig.records import Pair


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
