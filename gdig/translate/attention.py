"""Attention of one new token a row without copies of keys and values for grouped queries.

Models with fewer heads of keys than of queries repeat keys and values for every step, all of them, before they
multiply: a quarter of a step's time on a CPU. One token has one query a head; the queries of a group are handed over as
if they were several tokens of one head, so that the model's own formula multiplies the keys as they are.

Shapes: N rows, H heads of queries, K heads of keys, G = H / K, T tokens, D width of a head.
"""

import sys
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

GROUPED = "gdig_grouped"
"""Name under which transformers knows it; models that cannot choose their attention keep theirs."""


def _grouped(
    module: Any, query_NHTD: torch.Tensor, key_NKTD: torch.Tensor, value_NKTD: torch.Tensor, mask: Any, **more: Any
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Attention in plain products as the model's own file writes it; for one new token, by groups."""
    plain = sys.modules[type(module).__module__].eager_attention_forward
    groups = getattr(module, "num_key_value_groups", 1)
    rows, heads, new, width = query_NHTD.shape
    # Sinks and position biases are given a head of queries each.
    by_head = hasattr(module, "sinks") or more.get("position_bias") is not None
    if groups == 1 or new != 1 or by_head or (mask is not None and mask.shape[1] != 1):
        return plain(module, query_NHTD, key_NKTD, value_NKTD, mask, **more)  # type: ignore[no-any-return]
    module.num_key_value_groups = 1
    try:
        query_NKGD = query_NHTD.reshape(rows, heads // groups, groups, width)
        output_NGKD, weights = plain(module, query_NKGD, key_NKTD, value_NKTD, mask, **more)
    finally:
        module.num_key_value_groups = groups
    return output_NGKD.transpose(1, 2).reshape(rows, 1, heads, -1), weights


AttentionInterface.register(GROUPED, _grouped)
AttentionMaskInterface.register(GROUPED, eager_mask)
