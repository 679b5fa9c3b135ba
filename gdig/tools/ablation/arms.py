"""What ablations there are: `ablations.yaml`, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from gdig.config import Name, Section
from gdig.config.entries import Override, load_entries
from gdig.tools.experiments import Experiment

ABLATIONS_FILE = Path("ablations.yaml")


class ArmSettings(Section):
    """An arm as the file has it."""

    selector: Name = "gdig"
    set: tuple[Override, ...] = Field(default=(), strict=False)


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
        """How `gdig.tools.compare` names its result."""
        return f"{self.selector}@{self.experiment}"

    def of(self, profile: str) -> Experiment:
        """Return what makes the metrics of the arm's selector, for the profile in use."""
        return Experiment(self.experiment, self.overrides, f"collect@{profile}-{self.selector}")


def load_ablations(path: Path = ABLATIONS_FILE) -> dict[str, Ablation]:
    """Return all ablations.

    Raises:
        ValueError: not such a file; names the key.
    """
    return load_entries(path, Ablation, "ablations")


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
