"""Run texts, or pairs of texts, through a model in length-sorted batches.

Shapes: N texts, B texts of a batch, T tokens, K numbers per text.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gdig.lm.batches import by_length
from gdig.lm.prompt import Example

logger = logging.getLogger(__name__)
Row = dict[str, list[int]]
"""Tokenizer output of one text: `input_ids` and, for some models, `token_type_ids`."""


@dataclass(frozen=True)
class Encoded:
    """Tokens of texts, truncated to the model's maximum length."""

    rows: list[Row]
    num_truncated: int


def max_length(model: Any, tokenizer: Any) -> int:
    """Return a model's maximum number of tokens: the minimum of its tokenizer's and its configuration's limits."""
    positions = getattr(model.config, "max_position_embeddings", np.inf)
    for name, module in model.named_modules():
        # RoBERTa-like models start position ids after the padding index.
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            positions -= module.padding_idx + 1
    return int(min(tokenizer.model_max_length, positions, 10**9))


def encode(tokenizer: Any, texts: Sequence[str], seconds: Sequence[str] | None, limit: int) -> Encoded:
    """Tokenise texts, or pairs of texts, in the format of the tokenizer's model.

    If a pair is longer than `limit`, the longer side is truncated first.
    """

    def rows_of(positions: Sequence[int], **settings: Any) -> list[Row]:
        sides = [[side[position] for position in positions] for side in (texts, seconds) if side is not None]
        found = tokenizer(*sides, return_attention_mask=False, verbose=False, **settings)
        return [{key: values[row] for key, values in found.items()} for row in range(len(positions))]

    rows = rows_of(range(len(texts)))
    long = [position for position, row in enumerate(rows) if len(row["input_ids"]) > limit]
    if long:
        for position, row in zip(long, rows_of(long, truncation=True, max_length=limit), strict=True):
            rows[position] = row
    return Encoded(rows, len(long))


def count_truncated(encoded: Callable[[range], Encoded], total: int, step: int, label: str) -> int:
    """Return how many of `total` texts are truncated, and log one warning, independent of shards and processes.

    Args:
        encoded: tokenises a range of texts, which may end after the last.
        total: number of texts.
        step: texts tokenised at a time.
        label: label of the pass.
    """
    found = sum(encoded(range(start, start + step)).num_truncated for start in range(0, total, step))
    if found:
        logger.warning("%s: %d of %d pairs are truncated to the model's maximum length", label, found, total)
    return found


def pad_right(rows: Sequence[Row], pad_token: int) -> dict[str, torch.Tensor]:
    """Return the model's inputs (B x T), padded on the right, so that padding does not affect a text."""
    width = max(len(row["input_ids"]) for row in rows)
    fill = {"input_ids": pad_token}
    inputs = {
        key: torch.tensor([row[key] + [fill.get(key, 0)] * (width - len(row[key])) for row in rows]) for key in rows[0]
    }
    lengths_B = torch.tensor([len(row["input_ids"]) for row in rows])
    return inputs | {"attention_mask": (torch.arange(width) < lengths_B.unsqueeze(1)).long()}


@torch.inference_mode()
def in_batches(
    compute: Callable[[dict[str, torch.Tensor]], torch.Tensor],
    rows: Sequence[Row],
    pad_token: int,
    max_tokens: int,
    device: torch.device,
) -> NDArray[np.float32]:
    """Apply `compute` (padded batch to B x K) to all rows and return N x K, float32, in input order."""
    # Longest first, so that memory runs out at once.
    groups = by_length([Example("", row["input_ids"], 0) for row in rows], max_tokens)[::-1]
    parts = []
    for group in groups:
        batch = pad_right([rows[position] for position in group], pad_token)
        parts.append(compute({key: tensor.to(device) for key, tensor in batch.items()}).float().cpu().numpy())
    values_NK = np.empty((len(rows), parts[0].shape[1]), dtype=np.float32)
    values_NK[[position for group in groups for position in group]] = np.concatenate(parts)
    return values_NK
