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

from gdig.io.tokens import Tokens, holds_unknown, special_tokens, text_tokens
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
    sides = [side for side in (texts, seconds) if side is not None]
    special = special_tokens(tokenizer)

    def rows_of(positions: Sequence[int], **settings: Any) -> list[Row]:
        found = tokenizer(
            *([side[position] for position in positions] for side in sides),
            return_attention_mask=False, return_special_tokens_mask=True, split_special_tokens=True, verbose=False,
            **settings,
        )  # fmt: skip
        masks = found.pop("special_tokens_mask")
        rows = [{key: values[row] for key, values in found.items()} for row in range(len(positions))]
        for place, (position, mask) in enumerate(zip(positions, masks, strict=True)):
            tokens = rows[place]["input_ids"]
            # The tokenizer's own are marked; no others may come of a text.
            unknown = any(holds_unknown(tokenizer, side[position], tokens) for side in sides)
            if unknown or any(token in special and not own for token, own in zip(tokens, mask, strict=True)):
                parts = [text_tokens(tokenizer, [side[position]])[0] for side in sides]
                rows[place] = _assembled(tokenizer, parts, settings.get("max_length"))
        return rows

    rows = rows_of(range(len(texts)))
    long = [position for position, row in enumerate(rows) if len(row["input_ids"]) > limit]
    if long:
        for position, row in zip(long, rows_of(long, truncation=True, max_length=limit), strict=True):
            rows[position] = row
    return Encoded(rows, len(long))


def _assembled(tokenizer: Any, parts: Sequence[Tokens], limit: int | None) -> Row:
    """Return the row of texts that are tokens already, in the tokenizer's own format as it writes it around letters."""
    letters = ["a", "b"][: len(parts)]
    probe = tokenizer(*letters, return_attention_mask=False, return_special_tokens_mask=True)
    mask = probe.pop("special_tokens_mask")
    places = [place for place, own in enumerate(mask) if not own]
    sides = [tokenizer(letter, add_special_tokens=False).input_ids for letter in letters]
    starts = [0, len(sides[0])]
    parts = [list(part) for part in parts]
    while limit is not None and sum(map(len, parts)) + len(mask) - len(places) > limit:
        max(parts, key=len).pop()
    row: Row = {key: [] for key in probe}
    done = 0
    for place, own in enumerate(mask):
        if own:
            for key, values in probe.items():
                row[key].append(values[place])
            continue
        if done in starts:
            part = parts[starts.index(done)]
            for key, values in probe.items():
                row[key] += part if key == "input_ids" else [values[place]] * len(part)
        done += 1
    return row


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
