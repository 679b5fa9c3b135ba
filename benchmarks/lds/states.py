"""theta at several points of one warm-up or of several finetuning runs, each with AdamW's second moments there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import TrainerCallback

from gdig.config import Training
from gdig.lm.load import load_model
from gdig.lm.prompt import Example
from gdig.training.run import PLAIN, make_trainer
from gdig.trials.lds_subsets import draw

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class State:
    """A point of a run."""

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


def trajectory(base: Path, examples: Sequence[Example], settings: Training, seed: int, count: int) -> list[State]:
    """Train the base model, and return `count` states at equal distances, the last at the end."""
    with TemporaryDirectory() as folder:
        trainer = make_trainer(Path(folder), load_model(base), examples, settings, PLAIN, seed, "states")
        total = trainer.steps.num_steps
        keep = _Keep({round(total * (number + 1) / count) for number in range(count)})
        keep.trainer = trainer
        trainer.add_callback(keep)
        trainer.train()
    return keep.states


def ensemble(
    base: Path, examples: Sequence[Example], share: float, settings: Training, seed: int, num_runs: int, count: int
) -> list[State]:
    """Return `count` states of each of `num_runs` runs on random subsets of the examples.

    TRAK (Park et al. 2023) averages over models that were trained on random halves of the training set, each at its
    end. With `share` and `settings` of stage lds_runs these are runs of its kind, and with another seed
    than `lds.seed` on subsets that it did not draw.
    """
    by_id = {example.id: example for example in examples}
    subsets = draw(list(by_id), len(by_id), num_runs, share, seed)
    runs = (
        trajectory(base, [by_id[i] for i in ids], settings, seed + number, count) for number, ids in enumerate(subsets)
    )
    return [state for states in runs for state in states]
