"""Response losses with and without the prompt; one forward pass each per example.

Shapes: N examples, B of a batch, R response tokens of the batch.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gdig.lm.batches import by_length, pad
from gdig.lm.loss import check_finite, token_losses
from gdig.lm.prompt import Example


def start_of_text(tokenizer: Any) -> int:
    """Return the token before a response without a prompt: BOS, or EOS if there is no BOS."""
    token = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return int(token)


def without_prompt(example: Example, start: int) -> Example:
    """Return the same response tokens after a single start token."""
    return Example(example.id, [start, *example.tokens[example.prompt_length :]], 1)


@torch.inference_mode()
def response_loss_sums(model: Any, examples: Sequence[Example], start: int, max_tokens: int) -> NDArray[np.float32]:
    """Return the response loss of every example with and without the prompt, over the same tokens.

    Args:
        model: model on its device.
        examples: N prompts, each followed by its response.
        start: see `start_of_text`.
        max_tokens: maximum tokens of a padded batch; changes results only by rounding.

    Returns:
        N x 3: the sum of -log p of the response tokens given the prompt, in nats; the same without the prompt, after
        `start` alone; and the number of response tokens.

    Raises:
        ValueError: a loss is not a number; names the pair.
    """
    values_N3 = np.empty((len(examples), 3), dtype=np.float32)
    values_N3[:, 0] = _sums(model, examples, max_tokens)
    values_N3[:, 1] = _sums(model, [without_prompt(example, start) for example in examples], max_tokens)
    values_N3[:, 2] = [example.num_response_tokens for example in examples]
    return values_N3


def _sums(model: Any, examples: Sequence[Example], max_tokens: int) -> NDArray[np.float64]:
    sums_N = np.empty(len(examples))
    # Longest first, so that memory runs out at once.
    for group in by_length(examples, max_tokens)[::-1]:
        members = [examples[position] for position in group]
        losses_R, rows_R = token_losses(model, pad(members).to(model.device))
        sums_B = losses_R.new_zeros(len(members), dtype=torch.float64).index_add(0, rows_R, losses_R.double())
        check_finite(sums_B, members, "loss")
        sums_N[group] = sums_B.cpu().numpy()
    return sums_N
