"""Response-only losses. Shapes: B examples, T tokens, R response tokens of the batch, D hidden, V vocabulary."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from gdig.lm.batches import Batch, by_length, pad
from gdig.lm.head import losses_at
from gdig.lm.memory import enough_memory
from gdig.lm.prompt import Example
from gdig.run import costs
from gdig.run.progress import track


def token_losses(model: Any, batch: Batch, call: Callable[..., Any] | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the negative log-likelihood of every response token, and the row of the batch that each belongs to.

    Logits are computed at response positions only, and those of a large vocabulary in parts.

    Args:
        model: causal language model.
        batch: on its device.
        call: how the model is called, where not by itself.

    Returns:
        losses_R in nats, float32 or better; rows_R.
    """
    rows_R, positions_R = batch.response_BT.nonzero(as_tuple=True)
    losses_R = losses_at(
        call or model,
        model,
        rows_R,
        positions_R - 1,
        batch.tokens_BT[rows_R, positions_R],
        input_ids=batch.tokens_BT,
        attention_mask=batch.mask_BT,
        use_cache=False,
    )
    return losses_R, rows_R


def example_losses(model: Any, batch: Batch) -> torch.Tensor:
    """Return L(z) of every example: the mean over its response tokens (Pan et al. 2024, section 3.1).

    Returns:
        losses_B in nats, float32 or better.
    """
    losses_R, rows_R = token_losses(model, batch)
    totals_B = losses_R.new_zeros(len(batch.tokens_BT)).index_add(0, rows_R, losses_R)
    return totals_B / batch.response_BT.sum(dim=1)


@torch.inference_mode()
def dataset_losses(model: Any, examples: Sequence[Example], max_tokens: int, label: str) -> dict[str, float]:
    """Return L(z) of every example by id.

    Raises:
        ValueError: a loss is not a number (names the pair), or memory runs out.
    """
    losses: dict[str, float] = {}
    groups = by_length(examples, max_tokens)
    for group in track(groups, total=len(groups), label=label, unit="batches"):
        members = [examples[position] for position in group]
        with costs.working() as count, enough_memory("max_tokens", max_tokens):
            values_B = example_losses(model, pad(members).to(model.device))
            count(len(members))
        check_finite(values_B, members, "loss")
        losses |= zip((example.id for example in members), values_B.tolist(), strict=True)
    return {example.id: losses[example.id] for example in examples}


def mean_token_loss(losses: dict[str, float], examples: Sequence[Example]) -> float:
    """Return the token-weighted mean of example losses: the loss of the set, independent of batching."""
    tokens = sum(example.num_response_tokens for example in examples)
    return sum(losses[example.id] * example.num_response_tokens for example in examples) / tokens


def check_finite(values_B: torch.Tensor, examples: Sequence[Example], what: str) -> None:
    """Raise a ValueError that names the first pair whose value is NaN or infinite."""
    bad = (~torch.isfinite(values_B)).nonzero()
    if len(bad):
        pair = examples[int(bad[0])]
        raise ValueError(
            f"pair {pair.id}: its {what} is {values_B[bad[0]].item()}; check the pair's text, or lower the "
            f"learning rate of the run that made the model"
        )
