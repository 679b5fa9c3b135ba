"""Response-only losses through the wrapped model. Shapes: B, T, R as in batches, K positions kept, V vocabulary."""

import inspect
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from gdig import processes
from gdig.data.batches import by_length
from gdig.data.prompt import Example
from gdig.model.loss import at_least_float32
from gdig.training.batches import Inputs, inputs_of


def keeps_logits(model: Any) -> bool:
    """Return whether the model can be asked for the logits of the last positions alone."""
    model = model.get_base_model() if hasattr(model, "get_base_model") else model
    return "logits_to_keep" in inspect.signature(model.forward).parameters


def response_losses(model: Any, inputs: Inputs, keeps: bool) -> torch.Tensor:
    """Return the negative log-likelihood of every response token of a part, losses_R, float32 or better.

    Calls the model itself, as DDP, FSDP and DeepSpeed need it; logits are computed from the shortest prompt on. There
    is no mask: no token sees what follows it, so that padding on the right changes nothing, and attention that is
    causal alone is fastest.
    """
    tokens_BT = inputs["tokens_BT"]
    wanted = {"logits_to_keep": tokens_BT.shape[1] - inputs["first"]} if keeps else {}
    logits_BKV = model(input_ids=tokens_BT, use_cache=False, **wanted).logits
    if not keeps:
        logits_BKV = logits_BKV[:, inputs["first"] :]
    logits_RV = at_least_float32(logits_BKV[inputs["rows_R"], inputs["positions_R"]])
    return F.cross_entropy(logits_RV, inputs["targets_R"], reduction="none")


@torch.no_grad()
def held_out_loss(model: Any, examples: Sequence[Example], max_tokens: int, keeps: bool, device: torch.device) -> float:
    """Return the mean loss over all response tokens of a set, however it is batched and divided over processes."""
    model.eval()
    total = torch.zeros((), dtype=torch.float64)
    for group, own in processes.share(by_length(examples, max_tokens)):
        inputs = inputs_of([examples[position] for position in group])
        inputs = {key: value.to(device) if torch.is_tensor(value) else value for key, value in inputs.items()}
        losses_R = response_losses(model, inputs, keeps)
        if own:
            total += losses_R.double().sum().cpu()
    total = total.to(device)
    processes.sum_over_all([total])
    model.train()
    return float(total) / sum(example.num_response_tokens for example in examples)
