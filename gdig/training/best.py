"""Keep the weights of least validation loss; `save_strategy="best"` of transformers 4.57 keeps the last ones."""

import math
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback

VALID_LOSS = "valid_loss"


class KeepBest(TrainerCallback):  # type: ignore[misc]
    """Calls `save` after every evaluation that lowers the validation loss: not at a tie, nor where it is no number.

    What is best so far stands in the Trainer's state, and so in its checkpoints.
    """

    def __init__(self, save: Callable[[int], None]) -> None:
        self.save = save

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any) -> None:
        """Compare with the best."""
        least = math.inf if state.best_metric is None else state.best_metric
        if metrics[VALID_LOSS] < least:
            state.best_metric, state.best_global_step = metrics[VALID_LOSS], state.global_step
            self.save(state.global_step)
