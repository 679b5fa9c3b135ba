"""Losses of anchors with a pair as one-shot demonstration (Nuggets, Li et al. 2024).

The keys and values of a demonstration are computed once and reused for all anchors.

Shapes: N candidates, M anchors, B rows of a batch, D tokens of a demonstration, T of an anchor, R response tokens.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gdig.config import Prompt
from gdig.io.records import Pair
from gdig.io.tokens import prompt_start, text_tokens
from gdig.lm.batches import Batch, pad
from gdig.lm.head import head_reads
from gdig.lm.loss import check_finite, token_losses
from gdig.lm.prompt import Example, encode_base_format
from gdig.selectors.common.response_losses import response_loss_sums

SEPARATOR = "\n\n"
"""Separator of demonstration and task."""
SLACK = 1.25
"""Maximum ratio of the longest to the shortest anchor of a batch: trades padding against the number of batches."""


def encode_demonstrations(pairs: Sequence[Pair], tokenizer: Any, prompt: Prompt) -> list[Example]:
    """Return BOS (if the tokenizer has one), source and target in the base model's own format, and the separator."""
    (separator,) = text_tokens(tokenizer, [SEPARATOR])
    # No EOS, which would end the text before the task.
    return [
        replace(example, tokens=[*example.tokens[:-1], *separator])
        for example in encode_base_format(pairs, tokenizer, prompt)
    ]


def encode_anchors(pairs: Sequence[Pair], tokenizer: Any, prompt: Prompt) -> list[Example]:
    """Return source and target of the anchors in the base model's own format, without BOS."""
    start = len(prompt_start(tokenizer))
    return [
        replace(example, tokens=example.tokens[start:], prompt_length=example.prompt_length - start)
        for example in encode_base_format(pairs, tokenizer, prompt)
    ]


def require_room_for_anchors(demonstrations: Sequence[Example], anchors: Sequence[Example], limit: float) -> None:
    """Raise a ValueError that names the first demonstration with which the longest anchor exceeds `limit` tokens."""
    longest = max(len(anchor.tokens) for anchor in anchors)
    for demonstration in demonstrations:
        if len(demonstration.tokens) + longest > limit:
            raise ValueError(
                f"pair {demonstration.id}: it has {len(demonstration.tokens)} tokens as a demonstration, the longest "
                f"anchor {longest}, but the model reads {limit:.0f}; lower prepare.max_characters, or set "
                f"prepare.token_limit"
            )


@torch.inference_mode()
def zero_shot_losses(
    model: Any, anchors: Sequence[Example], bos: Sequence[int], max_tokens: int
) -> NDArray[np.float64]:
    """Return the mean loss of each anchor's answer without a demonstration (M), after the same BOS as with one."""
    examples = [replace(a, tokens=[*bos, *a.tokens], prompt_length=len(bos) + a.prompt_length) for a in anchors]
    sums_M6 = response_loss_sums(model, examples, 0, [0], max_tokens).astype(float)
    losses_M: NDArray[np.float64] = sums_M6[:, 0] / sums_M6[:, 2]
    return losses_M


@torch.inference_mode()
def one_shot_losses(
    model: Any, demonstrations: Sequence[Example], anchors: Sequence[Example], max_tokens: int
) -> NDArray[np.float32]:
    """Return the mean loss of each anchor's answer after each demonstration (N x M, in nats).

    Demonstrations of equal length are batched, so that none is padded and positions are those of one text.

    Args:
        model: model on its device.
        demonstrations: N examples from `encode_demonstrations`.
        anchors: M examples from `encode_anchors`.
        max_tokens: maximum tokens of a batch, counting the demonstration for every anchor; changes results only by
            rounding.

    Raises:
        ValueError: a loss is not a number; names the demonstration.
    """
    losses_NM = np.empty((len(demonstrations), len(anchors)), dtype=np.float32)
    # Longest first, so that memory runs out at once.
    order = sorted(range(len(demonstrations)), key=lambda row: -len(demonstrations[row].tokens))
    for length, same in groupby(order, key=lambda row: len(demonstrations[row].tokens)):
        groups = _groups(anchors, length, max_tokens)
        widest = max(len(group) * (length + len(anchors[group[-1]].tokens)) for group in groups)
        for rows in _parts(list(same), max(1, max_tokens // widest)):
            tokens_BD = torch.tensor([demonstrations[row].tokens for row in rows], device=model.device)
            with head_reads(model.get_output_embeddings(), lambda hidden_BDD: hidden_BDD[:, :1]):
                cache = model(input_ids=tokens_BD, use_cache=True).past_key_values
            for group in groups:
                behind = _WithDemonstrations(model, cache, len(rows), len(group), length)
                batch = _repeated(pad([anchors[column] for column in group]).to(model.device), len(rows))
                losses_R, rows_R = token_losses(model, batch, behind)
                sums_B = losses_R.new_zeros(len(batch.tokens_BT)).index_add(0, rows_R, losses_R)
                means_B = sums_B / batch.response_BT.sum(dim=1)
                check_finite(means_B, [demonstrations[row] for row in rows for _ in group], "one-shot loss")
                losses_NM[np.ix_(rows, group)] = means_B.view(len(rows), len(group)).cpu().numpy()
    return losses_NM


class _WithDemonstrations:
    """Calls a model so that it continues after cached demonstrations."""

    def __init__(self, model: Any, cache: Any, num_demonstrations: int, num_anchors: int, length: int) -> None:
        self._model = model
        self._seen_BD = torch.ones(num_demonstrations * num_anchors, length, dtype=torch.long, device=model.device)
        # A copy, since appended keys and values must not affect the next anchors.
        self._cache = copy.deepcopy(cache)
        self._cache.batch_repeat_interleave(num_anchors)

    def __call__(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **_: Any) -> Any:
        mask_BT = torch.cat([self._seen_BD, attention_mask], dim=1)
        return self._model(input_ids=input_ids, attention_mask=mask_BT, past_key_values=self._cache, use_cache=True)


def _groups(anchors: Sequence[Example], length: int, max_tokens: int) -> list[list[int]]:
    """Group columns of anchors of similar length that fit after one demonstration of `length` (or are single)."""
    groups: list[list[int]] = []
    for column in sorted(range(len(anchors)), key=lambda column: len(anchors[column].tokens)):
        width = len(anchors[column].tokens)
        if (
            groups
            and width <= SLACK * len(anchors[groups[-1][0]].tokens)
            and (len(groups[-1]) + 1) * (length + width) <= max_tokens
        ):
            groups[-1].append(column)
        else:
            groups.append([column])
    return groups


def _repeated(batch: Batch, times: int) -> Batch:
    return Batch(*(part.repeat(times, 1) for part in (batch.tokens_BT, batch.mask_BT, batch.response_BT)))


def _parts(rows: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
