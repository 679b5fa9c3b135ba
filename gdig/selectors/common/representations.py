"""Representations of whole examples: a model's last hidden states, averaged with weights that grow with position.

Shapes: N examples, B of a batch, T tokens, D hidden.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from gdig.lm.batches import by_length, pad
from gdig.lm.head import at_least_float32, last_hidden_states
from gdig.lm.loss import check_finite
from gdig.lm.prompt import Example


@torch.inference_mode()
def represent(model: Any, examples: Sequence[Example], max_tokens: int) -> NDArray[np.float32]:
    """Return the representation of every example (N x D), at unit length.

    It is the sum over the tokens i of prompt and response of i / (1 + 2 + ... + T) h_i: later tokens have
    more context (Muennighoff 2022, SGPT; Ivison et al. 2025).

    Raises:
        ValueError: a representation is not a number; names the pair.
    """
    rows: dict[int, torch.Tensor] = {}
    for group in by_length(examples, max_tokens)[::-1]:  # longest first, so that memory runs out at once
        members = [examples[position] for position in group]
        batch = pad(members).to(model.device)
        hidden_BTD = last_hidden_states(model, input_ids=batch.tokens_BT, attention_mask=batch.mask_BT)
        weights_BT = batch.mask_BT * torch.arange(1, batch.mask_BT.shape[1] + 1, device=model.device)
        total_BD = (at_least_float32(hidden_BTD) * weights_BT.unsqueeze(-1)).sum(dim=1)
        check_finite(total_BD.sum(dim=1), members, "representation")
        rows |= zip(group, F.normalize(total_BD, dim=1).cpu(), strict=True)
    found_ND: NDArray[np.float32] = torch.stack([rows[position] for position in range(len(examples))]).numpy()
    return found_ND
