"""Gradients of the adapters of a checkpoint, one example at a time, for LESS (Xia et al. 2024, section 3).

Shapes: N examples, B of a batch, O x I a factor of an adapter, D = O * I, K projected dimensions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from gdig.config import Lora
from gdig.config.mistakes import validated
from gdig.influence.capture import Tap, per_example
from gdig.io.files import read_json
from gdig.lm.layers import linear_shape
from gdig.lm.load import load_model
from gdig.lm.prompt import Example
from gdig.selectors.less.random_projection import RandomProjection
from gdig.selectors.less.warmup import ADAPTER, FIRST_MOMENT, SECOND_MOMENT
from gdig.training.adapters import with_adapters
from gdig.training.run import RECORD

_WEIGHT = ".weight"
Direction = Callable[[str, torch.Tensor], torch.Tensor]
"""From the name of a factor and gradients (B x O x I) at it to directions of the same shape."""


@dataclass(frozen=True)
class Adam:
    """The step that Adam would take on one example from where it was: moments by name of the factor (O x I)."""

    first: dict[str, torch.Tensor]
    second: dict[str, torch.Tensor]
    step: int
    """Steps that were taken."""
    betas: tuple[float, float]
    epsilon: float

    def __call__(self, name: str, gradient_BOI: torch.Tensor) -> torch.Tensor:
        """Return m' / (sqrt(v') + epsilon), both moments updated by the gradient and corrected for their bias.

        m' = (b1 m + (1 - b1) g) / (1 - b1^(t+1)),  v' = (b2 v + (1 - b2) g^2) / (1 - b2^(t+1))   (Kingma & Ba 2015)
        """
        b1, b2 = self.betas
        m_BOI, v_BOI = self._updated(name, gradient_BOI)
        m_BOI = m_BOI / (1 - b1 ** (self.step + 1))
        v_BOI = v_BOI / (1 - b2 ** (self.step + 1))
        return m_BOI / (v_BOI.sqrt() + self.epsilon)

    def published(self, name: str, gradient_BOI: torch.Tensor) -> torch.Tensor:
        """Return (b1 m + (1 - b1) g) / sqrt(b2 v + (1 - b2) g^2 + epsilon), as LESS's code has it.

        It leaves out the correction of the bias, a factor common to all coordinates, and has epsilon inside the root.
        """
        m_BOI, v_BOI = self._updated(name, gradient_BOI)
        return m_BOI / (v_BOI + self.epsilon).sqrt()

    def _updated(self, name: str, gradient_BOI: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        b1, b2 = self.betas
        m_BOI = b1 * self.first[name] + (1 - b1) * gradient_BOI
        v_BOI = b2 * self.second[name] + (1 - b2) * gradient_BOI.square()
        return m_BOI, v_BOI


def sgd(name: str, gradient_BOI: torch.Tensor) -> torch.Tensor:
    """Return the gradient as it is."""
    return gradient_BOI


@dataclass(frozen=True)
class Checkpoint:
    """The adapted model after an epoch."""

    model: Any
    names: list[str]
    """The factors of all adapters, by module name."""
    adam: Adam

    def sizes(self) -> dict[str, int]:
        """Return the numbers D of every factor."""
        return {name: outputs * inputs for name in self.names for outputs, inputs in [linear_shape(self.model, name)]}


def load_checkpoint(base: Path, warmup: Path, number: int) -> Checkpoint:
    """Load the checkpoint after an epoch, counted from 1, of the folder that `train_epochs` left.

    Raises:
        ValueError: the adapters do not fit the base model; names the file.
    """
    folder, record = warmup / f"epoch-{number}", read_json(warmup / RECORD)
    lora = validated(Lora, record["lora"], f"{warmup / RECORD}: lora")
    model = with_adapters(load_model(base), lora).eval().get_base_model()
    adapters = load_file(folder / ADAPTER)
    wanted = {name: weight.shape for name, weight in model.named_parameters() if ".lora_" in name}
    if wanted != {name: weight.shape for name, weight in adapters.items()}:
        raise ValueError(f"{folder / ADAPTER}: not adapters of {base}; run less_warmup again")
    model.load_state_dict(adapters, strict=False)
    model = model.to(model.device)

    def moments(file: str) -> dict[str, torch.Tensor]:
        return {name.removesuffix(_WEIGHT): part.to(model.device) for name, part in load_file(folder / file).items()}

    step = record["checkpoints"][number - 1]["step"]
    beta_1, beta_2 = record["betas"]
    adam = Adam(moments(FIRST_MOMENT), moments(SECOND_MOMENT), step, (beta_1, beta_2), record["epsilon"])
    return Checkpoint(model, [name.removesuffix(_WEIGHT) for name in adapters], adam)


def directions(
    checkpoint: Checkpoint,
    examples: Sequence[Example],
    projection: RandomProjection,
    direction: Direction,
    max_tokens: int,
) -> torch.Tensor:
    """Return the projected direction of every example: directions_NK on the CPU.

    The taps of the two factors of an adapter give its gradient, one factor at a time, so that only one factor's
    gradients of a batch are in memory.
    """

    def project(taps: dict[str, Tap]) -> torch.Tensor:
        some = next(iter(taps.values())).gradient_BTO
        projected_KB = some.new_zeros(projection.dim, len(some))
        for name, tap in taps.items():
            projection.add(projected_KB, name, direction(name, tap.active().weight_gradients()).flatten(1))
        return projected_KB.T

    return per_example(checkpoint.model, checkpoint.names, examples, max_tokens, project)


def unit(vectors_NK: torch.Tensor) -> torch.Tensor:
    """Return the vectors at unit length."""
    return F.normalize(vectors_NK, dim=1)
