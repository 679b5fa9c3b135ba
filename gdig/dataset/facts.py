"""The facts that a dataset card reports."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gdig.config import Dataset, Languages, Prompt, Section, Seeds
from gdig.dataset.licences import Origin
from gdig.dataset.rows import Row
from gdig.dataset.summary import Summary


@dataclass(frozen=True)
class File:
    """A file of the dataset."""

    path: str
    num_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Facts about the subsets."""

    profile: str
    languages: Languages
    settings: Dataset
    prompt: Prompt
    subsets: Sequence[Summary]
    example: Row
    origins: Sequence[Origin]
    provenance: Mapping[str, Any]
    """`provenance.json` of stage `pool`."""
    quality: Mapping[str, Any]
    """`summary.json` of stage `quality`."""
    noise_rate: float
    tests: Sequence[str]
    decontaminated: bool
    params: Mapping[str, Section | dict[str, Any]]
    """Params that determine the selection, by section."""
    files: Sequence[File]


def public_name(model: str) -> str:
    """Return a model's public name: for a local folder, its last path component."""
    is_folder = model.count("/") > 1 or re.match(r"[./~]", model)
    return model.rstrip("/").rpartition("/")[2] if is_folder else model


def public_seeds(seeds: Seeds) -> dict[str, Any]:
    """Return the params of seeds, own sources by their names alone: paths of this machine do not belong on a card."""
    names = [source.name for source in seeds.sources]
    return ({"sources": names} if names else {}) | seeds.model_dump(exclude={"sources"})
