"""The licence of each source and of the subsets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gdig.config import Dataset, Source

UNKNOWN = "unknown"
GRAMMAR = "Apache-2.0"
"""The grammar is part of this repository."""


@dataclass(frozen=True)
class Origin:
    """A source of the pool and its licence."""

    source: str
    kind: str
    licence: str
    url: str | None


def origins(sources: Sequence[Source], settings: Dataset) -> list[Origin]:
    """Return every source with its licence, `unknown` where `dataset.licences` does not list it."""
    listed = {entry.source: entry for entry in settings.licences}
    found = []
    for source in sources:
        entry = listed.get(source.name)
        licence = entry.licence if entry else GRAMMAR if source.kind == "embedded" else UNKNOWN
        found.append(Origin(source.name, source.kind, licence, entry.url if entry else None))
    return found


def identifiers(found: Sequence[Origin]) -> list[str]:
    """Return the licences as Hugging Face hub identifiers: lower-case SPDX, `unknown` or `other`."""
    return sorted({_identifier(origin.licence) for origin in found})


def _identifier(licence: str) -> str:
    return licence.lower() if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", licence) else "other"
