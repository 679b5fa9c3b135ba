"""Padded batches of examples. Shapes: B examples, T tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from gdig.lm.prompt import Example


@dataclass(frozen=True, slots=True)
class Batch:
    """Right-padded examples."""

    tokens_BT: torch.Tensor
    mask_BT: torch.Tensor
    """1 on tokens, 0 on padding."""
    response_BT: torch.Tensor
    """True on response tokens."""

    def to(self, device: torch.device) -> "Batch":
        """Move to a device."""
        return Batch(self.tokens_BT.to(device), self.mask_BT.to(device), self.response_BT.to(device))


def pad(examples: Sequence[Example]) -> Batch:
    """Pad on the right with token 0, which the mask hides."""
    width = max(len(example.tokens) for example in examples)
    tokens_BT = torch.zeros(len(examples), width, dtype=torch.long)
    mask_BT = torch.zeros(len(examples), width, dtype=torch.long)
    response_BT = torch.zeros(len(examples), width, dtype=torch.bool)
    for row, example in enumerate(examples):
        length = len(example.tokens)
        tokens_BT[row, :length] = torch.tensor(example.tokens)
        mask_BT[row, :length] = 1
        # The first token has no context to be predicted from.
        response_BT[row, max(example.prompt_length, 1) : length] = True
    return Batch(tokens_BT, mask_BT, response_BT)


def by_length(examples: Sequence[Example], max_tokens: int) -> list[list[int]]:
    """Group positions of examples by length, so that no padded batch exceeds `max_tokens` (or it has one example)."""
    groups: list[list[int]] = []
    for position in sorted(range(len(examples)), key=lambda p: len(examples[p].tokens)):
        width = len(examples[position].tokens)
        if groups and (len(groups[-1]) + 1) * width <= max_tokens:
            groups[-1].append(position)
        else:
            groups.append([position])
    return groups


def epochs(num_examples: int, batch_size: int, generator: torch.Generator) -> Iterator[list[int]]:
    """Yield positions of training batches indefinitely, each epoch in a new order; a last short batch is kept.

    Batches are not grouped by length: with grouping, the embedded base model did not learn to translate
    (docs/experiments.md).
    """
    while True:
        order = torch.randperm(num_examples, generator=generator).tolist()
        for start in range(0, num_examples, batch_size):
            yield order[start : start + batch_size]
