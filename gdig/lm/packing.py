"""Texts of a batch one behind the other in one row, so that no time goes into padding; attention sees them apart.

Shapes: B texts, T tokens of the longest padded, N tokens of all, H heads, K numbers of a head, V vocabulary.
"""

from typing import Any

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward

_NAME = "texts_apart"


_lengths: list[int] = []
"""Tokens of each text of the latest call: its backward pass may run attention again."""


def _attention(
    module: Any,
    query_1HNK: torch.Tensor,
    key_1HNK: torch.Tensor,
    value_1HNK: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention within each text."""
    if attention_mask is not None:
        raise ValueError("the model has a mask of its own")
    sides = zip(*(torch.split(side, _lengths, dim=2) for side in (query_1HNK, key_1HNK, value_1HNK)), strict=True)
    outputs = [sdpa_attention_forward(module, *text, None, **options | {"is_causal": True})[0] for text in sides]
    return torch.cat(outputs, dim=1), None


def packed_inputs(tokens_BT: torch.Tensor, mask_BT: torch.Tensor) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Return the inputs of a model that `pack` has set, whose attention will see the texts apart.

    Returns:
        input_ids, position_ids and attention_mask, each of one row; starts_B, where each text begins in it.
    """
    lengths_B = mask_BT.sum(dim=1)
    _lengths[:] = lengths_B.tolist()
    tokens_1N = tokens_BT[mask_BT.bool()][None]
    inputs = {
        "input_ids": tokens_1N,
        "position_ids": mask_BT.nonzero(as_tuple=True)[1][None],
        "attention_mask": torch.ones_like(tokens_1N),
    }
    return inputs, lengths_B.cumsum(dim=0) - lengths_B


@torch.no_grad()
def pack(model: Any, longest: int) -> bool:
    """Set a model to take its texts in one row, and return whether it does; else it is as it was.

    Taken are models whose logits are then those of each text alone: others mix tokens elsewhere than in attention,
    number positions themselves, or have an attention of their own.

    Args:
        model: causal language model.
        longest: tokens of the longest text that it will see; a narrower window of attention would need a mask.
    """
    config = model.config.get_text_config()
    windows = [getattr(config, name, None) or longest for name in ("sliding_window", "attention_chunk_size")]
    if config._attn_implementation not in ("sdpa", _NAME) or min(windows) < longest:
        return False
    model.set_attn_implementation("sdpa")
    AttentionInterface.register(_NAME, _attention)
    was_training = model.training
    model.eval()
    try:
        tokens_BT = torch.arange(1, 13, device=model.device).view(2, 6) % config.vocab_size
        mask_BT = torch.ones_like(tokens_BT)
        mask_BT[0, 5:] = 0
        alone_BTV = model(input_ids=tokens_BT, attention_mask=torch.ones_like(tokens_BT), use_cache=False).logits
        model.set_attn_implementation(_NAME)
        inputs, _ = packed_inputs(tokens_BT, mask_BT)
        found_NV = model(**inputs, use_cache=False).logits[0]
        expected_NV = alone_BTV[mask_BT.bool()]
        packs = torch.allclose(found_NV, expected_NV, rtol=1e-3, atol=1e-3 * float(expected_NV.std()))
    except (ValueError, RuntimeError, TypeError, IndexError, AttributeError):
        packs = False
    if not packs:
        model.set_attn_implementation("sdpa")
    model.train(was_training)
    return packs
