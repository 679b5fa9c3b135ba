"""Load and check the ablations of `ablations.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from gdig.config import Name, Section
from gdig.config.entries import Overrides, load_entries
from gdig.tools.experiments import Experiment

ABLATIONS_FILE = Path("ablations.yaml")


class ArmSettings(Section):
    """Settings of an arm in the file."""

    selector: Name = "gdig"
    set: Overrides = ()


class Ablation(Section):
    """A question and its arms by name; the first arm is the reference."""

    question: str
    arms: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")], ArmSettings], Field(min_length=2)]


@dataclass(frozen=True)
class Arm:
    """One experiment."""

    name: str
    experiment: str
    """Name of its DVC experiment."""
    selector: str
    overrides: tuple[str, ...]
    """Overrides for `dvc exp run -S`."""

    @property
    def side(self) -> str:
        """Its label in `gdig.tools.compare`."""
        return f"{self.selector}@{self.experiment}"

    def of(self, profile: str) -> Experiment:
        """Return the experiment that computes the metrics of the arm's selector, for the active profile."""
        return Experiment(self.experiment, self.overrides, f"collect@{profile}-{self.selector}")


def load_ablations(path: Path = ABLATIONS_FILE) -> dict[str, Ablation]:
    """Return all ablations.

    Raises:
        ValueError: the file is not valid; names the key.
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
