"""Files at the top that list things by name, each checked as a section is: ablations.yaml, evidence.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gdig.config.mistakes import explain
from gdig.config.section import Section

S = TypeVar("S", bound=Section)
Override = Annotated[str, Field(pattern=r"^(selectors/params\.yaml:)?[a-z0-9_.]+=.*$")]
"""As `dvc exp run -S` takes it."""


def load_entries(path: Path, section: type[S], noun: str) -> dict[str, S]:
    """Return the entries of such a file.

    Args:
        path: of the file.
        section: what each entry is.
        noun: for several of them, in messages.

    Raises:
        ValueError: not such a file; names the key.
    """
    try:
        found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ValueError(f"{path}: not YAML: {error}") from None
    if not isinstance(found, Mapping):
        raise ValueError(f"{path}: must be a mapping of {noun} by name")
    entries = {}
    for name, settings in found.items():
        try:
            entries[name] = section.model_validate(settings)
        except ValidationError as error:
            problems = [f"{name}.{explain(detail, settings)}" for detail in error.errors(include_url=False)]
            raise ValueError(f"{path}: " + "\n  ".join(problems)) from None
    return entries
