"""What a model's head reads. Shapes: B texts, T tokens, D hidden, R positions wanted, V vocabulary."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch


@contextmanager
def head_reads(head: torch.nn.Module, select: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[None]:
    """Hand a model's head what `select` makes of its input, hidden_BTD, as long as the block runs.

    The model is called as a whole: whatever it does to logits behind its head (Gemma caps them, Granite and Cohere
    scale them) is done, and DDP, FSDP and DeepSpeed see the call that they need.
    """
    hook = head.register_forward_pre_hook(lambda _, given: select(given[0]))
    try:
        yield
    finally:
        hook.remove()


def logits_at(model: Any, rows_R: torch.Tensor, positions_R: torch.Tensor, **inputs: Any) -> torch.Tensor:
    """Return the model's logits at some positions, logits_RV: those of all would often take more memory than all else.

    Args:
        model: causal language model.
        rows_R: text of each position.
        positions_R: the position in it; its logits are of the token behind it.
        inputs: of the model.
    """
    head = model.get_output_embeddings()
    with nullcontext() if head is None else head_reads(head, lambda hidden_BTD: hidden_BTD[rows_R, positions_R]):
        logits: torch.Tensor = model(**inputs).logits
    # A model that names no head, or multiplies by its embeddings in place of calling one, gives all.
    return logits[rows_R, positions_R] if logits.dim() == 3 else logits


def last_hidden_states(model: Any, **inputs: Any) -> torch.Tensor:
    """Return the input of the model's head, hidden_BTD; of a model without one, such as an encoder, what it returns."""
    seen: list[torch.Tensor] = []

    def keep(hidden_BTD: torch.Tensor) -> torch.Tensor:
        seen.append(hidden_BTD)
        return hidden_BTD[:, :1]

    head = model.get_output_embeddings()
    if head is None:
        found = model(**inputs)
        if "last_hidden_state" not in found:  # a language model that does not name its head
            found = {"last_hidden_state": model(**inputs, output_hidden_states=True).hidden_states[-1]}
        last: torch.Tensor = found["last_hidden_state"]
        return last
    with head_reads(head, keep):
        model(**inputs)
    return seen[0]
