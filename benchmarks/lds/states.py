"""theta at several points of one warm-up, each with AdamW's second moments there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import TrainerCallback

from gdig.config import Training
from gdig.data.prompt import Example
from gdig.model.load import load_model
from gdig.training.train import PLAIN, make_trainer

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class State:
    """A point of the warm-up."""

    step: int
    weights: Tensors
    second_moments: Tensors
    """Bias-corrected, by name of the parameter."""


class _Keep(TrainerCallback):  # type: ignore[misc]
    def __init__(self, steps: set[int]) -> None:
        self.steps = steps
        self.trainer: Any = None
        self.states: list[State] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step in self.steps:
            model, optimizer = self.trainer.model, self.trainer.optimizer
            names = {id(parameter): name for name, parameter in model.named_parameters()}
            beta = optimizer.param_groups[0]["betas"][1]
            moments = {
                names[id(parameter)]: (found["exp_avg_sq"] / (1 - beta**state.global_step)).clone()
                for group in optimizer.param_groups
                for parameter in group["params"]
                if (found := getattr(optimizer, "optimizer", optimizer).state.get(parameter))
            }
            weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
            self.states.append(State(state.global_step, weights, moments))


def warm_up(base: Path, examples: Sequence[Example], settings: Training, seed: int, count: int) -> list[State]:
    """Train the base model as stage warmup does, and return `count` states at equal distances, the last at the end."""
    with TemporaryDirectory() as folder:
        trainer = make_trainer(Path(folder), load_model(base), examples, settings, PLAIN, seed, "warm-up")
        total = trainer.steps.num_steps
        keep = _Keep({round(total * (number + 1) / count) for number in range(count)})
        keep.trainer = trainer
        trainer.add_callback(keep)
        trainer.train()
    return keep.states
