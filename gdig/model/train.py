"""The training loop: AdamW, linear warm-up, linear decay to zero, loss on response tokens."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from gdig.config import Training
from gdig.data.batches import epochs, pad
from gdig.data.prompt import Example
from gdig.model.loss import token_losses
from gdig.progress import track

MAX_GRADIENT_NORM = 1.0
NUM_LOGGED_LOSSES = 50


@dataclass(frozen=True)
class TrainRecord:
    """What a run did, for reports and for Lemma 1."""

    num_examples: int
    num_steps: int
    sum_of_rates: float
    """Sum of the learning rate over steps: eta T of Lemma 1 for a rate that changes."""
    losses: list[list[float]]
    """[step, mean training loss in nats a token since the last entry]."""

    def as_json(self) -> dict[str, Any]:
        """Return the record for JSON, losses rounded."""
        return asdict(self) | {"losses": [[step, round(loss, 4)] for step, loss in self.losses]}


def num_steps(num_examples: int, settings: Training) -> int:
    """Return the steps of a run: `epochs` passes, or `min_steps` where those would be fewer."""
    return max(math.ceil(num_examples / settings.batch_size * settings.epochs), settings.min_steps)


def learning_rate(step: int, total: int, settings: Training) -> float:
    """Return the rate of a step (from 0): linear up over `warmup_share` of the steps, then linear down to zero."""
    rise = max(1, round(total * settings.warmup_share))
    return settings.learning_rate * min((step + 1) / rise, (total - step) / max(1, total - rise))


def train(model: Any, examples: Sequence[Example], settings: Training, seed: int, label: str) -> TrainRecord:
    """Train `model` in place; equal seeds see equal batches in equal order.

    The loss of a step is the mean over the response tokens of its batch.

    Raises:
        ValueError: the loss is no longer a number; names step and batch.
    """
    torch.manual_seed(seed)
    total = num_steps(len(examples), settings)
    batches = epochs(len(examples), settings.batch_size, torch.Generator().manual_seed(seed))
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    model.train()
    sum_of_rates = 0.0
    losses: list[list[float]] = []
    since_log: list[float] = []
    for step in track(range(total), total=total, label=label, unit="steps"):
        members = [examples[position] for position in next(batches)]
        losses_R, _ = token_losses(model, pad(members).to(model.device))
        loss = losses_R.mean()
        if not torch.isfinite(loss):
            ids = ", ".join(example.id for example in members)
            raise ValueError(f"{label}: the loss is {loss.item()} at step {step} on pairs {ids}; lower learning_rate")
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        rate = learning_rate(step, total, settings)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        optimizer.zero_grad()
        sum_of_rates += rate
        since_log.append(loss.item())
        if (step + 1) * NUM_LOGGED_LOSSES // total > step * NUM_LOGGED_LOSSES // total:
            losses.append([step + 1, sum(since_log) / len(since_log)])
            since_log.clear()
    model.eval()
    return TrainRecord(len(examples), total, sum_of_rates, losses)
