"""Files at the top that list things by name, each checked as a section is: ablations.yaml, evidence.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, ValidationError

from gdig.config.mistakes import mistakes
from gdig.config.section import Section
from gdig.config.yaml_files import load_yaml

S = TypeVar("S", bound=Section)
Override = Annotated[str, Field(pattern=r"^(selectors/params\.yaml:)?[a-z0-9_.]+=.*$")]
"""As `dvc exp run -S` takes it."""


def _keys_differ(overrides: tuple[str, ...]) -> tuple[str, ...]:
    keys = [override.partition("=")[0] for override in overrides]
    if repeated := [key for place, key in enumerate(keys) if key in keys[:place]]:
        raise ValueError(f"{repeated[0]} is set twice; take one out")
    return overrides


Overrides = Annotated[tuple[Override, ...], Field(strict=False), AfterValidator(_keys_differ)]


def load_entries(path: Path, section: type[S], noun: str) -> dict[str, S]:
    """Return the entries of such a file.

    Args:
        path: of the file.
        section: what each entry is.
        noun: for several of them, in messages.

    Raises:
        ValueError: not such a file; names the key.
    """
    found = load_yaml(path)
    if not isinstance(found, Mapping):
        raise ValueError(f"{path}: must be a mapping of {noun} by name")
    entries = {}
    for name, settings in found.items():
        if not isinstance(name, str):
            raise ValueError(f"{path}: {name!r} is no name; write it in quotes")
        try:
            entries[name] = section.model_validate(settings)
        except ValidationError as error:
            raise ValueError(f"{path}: {mistakes(error, settings, name)}") from None
    return entries
