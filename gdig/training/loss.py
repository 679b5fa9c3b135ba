"""Response-only losses through the wrapped model. Shapes: B, T, R as in batches, D hidden, V vocabulary."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from gdig import processes
from gdig.data.batches import by_length
from gdig.data.prompt import Example
from gdig.model.loss import at_least_float32
from gdig.model.memory import enough_memory
from gdig.training.batches import Inputs, inputs_of


def response_losses(model: Any, head: torch.nn.Module, inputs: Inputs) -> torch.Tensor:
    """Return the negative log-likelihood of every response token of a part, losses_R, float32 or better.

    Calls the model itself, as DDP, FSDP and DeepSpeed need it, while its head is handed response positions alone: the
    logits of all would often take more memory than all else. Nothing is masked: no token sees what follows it, so that
    padding on the right changes nothing, and attention that is causal alone is fastest.

    Args:
        model: wrapped or not.
        head: its output embeddings.
        inputs: see `inputs_of`.
    """

    def at_response(_: torch.nn.Module, hidden: tuple[torch.Tensor]) -> torch.Tensor:
        return hidden[0][inputs["rows_R"], inputs["positions_R"]]

    tokens_BT = inputs["tokens_BT"]
    # Without any mask transformers looks for several texts in a row, and builds one that takes as long as the model.
    mask_BT = torch.ones_like(tokens_BT)
    hook = head.register_forward_pre_hook(at_response)
    try:
        logits_RV = model(input_ids=tokens_BT, attention_mask=mask_BT, use_cache=False).logits
    finally:
        hook.remove()
    return F.cross_entropy(at_least_float32(logits_RV), inputs["targets_R"], reduction="none")


@torch.no_grad()
def held_out_loss(
    model: Any, head: torch.nn.Module, examples: Sequence[Example], max_tokens: int, device: torch.device
) -> float:
    """Return the mean loss over all response tokens of a set, however it is batched and divided over processes.

    Raises:
        ValueError: memory does not suffice.
    """
    model.eval()
    total = torch.zeros((), dtype=torch.float64)
    for group, own in processes.share(by_length(examples, max_tokens)):
        inputs = inputs_of([examples[position] for position in group])
        inputs = {key: value.to(device) if torch.is_tensor(value) else value for key, value in inputs.items()}
        with enough_memory("max_tokens", max_tokens):
            losses_R = response_losses(model, head, inputs)
        if own:
            total += losses_R.double().sum().cpu()
    total = total.to(device)
    processes.sum_over_all([total])
    model.train()
    return float(total) / sum(example.num_response_tokens for example in examples)
