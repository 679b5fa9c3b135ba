"""What ablations there are: `ablations.yaml`, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gdig.config import Name, Section
from gdig.config.mistakes import explain

ABLATIONS_FILE = Path("ablations.yaml")


class ArmSettings(Section):
    """An arm as the file has it."""

    selector: Name = "gdig"
    set: tuple[Annotated[str, Field(pattern=r"^[a-z0-9_.]+=.*$")], ...] = Field(default=(), strict=False)


class Ablation(Section):
    """What is asked, and the arms by name; the first is the one that the others are compared with."""

    question: str
    arms: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")], ArmSettings], Field(min_length=2)]


@dataclass(frozen=True)
class Arm:
    """One experiment."""

    name: str
    experiment: str
    """Its name in DVC."""
    selector: str
    overrides: tuple[str, ...]
    """As `dvc exp run -S` takes them."""

    @property
    def side(self) -> str:
        """How `gdig.compare` names its result."""
        return f"{self.selector}@{self.experiment}"

    def command(self, profile: str, where: str) -> list[str]:
        """Return the command that makes the metrics of the arm's selector, and what they depend on.

        Args:
            profile: in use.
            where: `--temp`, or `--queue`.
        """
        changes = [word for override in self.overrides for word in ("--set-param", override)]
        return ["dvc", "exp", "run", where, "--name", self.experiment, *changes, f"collect@{profile}-{self.selector}"]


def load_ablations(path: Path = ABLATIONS_FILE) -> dict[str, Ablation]:
    """Return all ablations.

    Raises:
        ValueError: not such a file; names the key.
    """
    try:
        found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ValueError(f"{path}: not YAML: {error}") from None
    if not isinstance(found, Mapping):
        raise ValueError(f"{path}: must be a mapping of ablations by name")
    ablations = {}
    for name, settings in found.items():
        try:
            ablations[name] = Ablation.model_validate(settings)
        except ValidationError as error:
            problems = [f"{name}.{explain(detail, settings)}" for detail in error.errors(include_url=False)]
            raise ValueError(f"{path}: " + "\n  ".join(problems)) from None
    return ablations


def arms_of(name: str, ablations: Mapping[str, Ablation]) -> list[Arm]:
    """Return the arms of an ablation.

    Raises:
        ValueError: there is no such ablation.
    """
    if name not in ablations:
        raise ValueError(f"there is no ablation {name!r}; {ABLATIONS_FILE} has {', '.join(ablations)}")
    return [
        Arm(arm, f"{name}-{arm}", settings.selector, settings.set) for arm, settings in ablations[name].arms.items()
    ]
