"""The steps of a run as inputs of one process. Shapes: B examples, T tokens, R response tokens of a part."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from gdig.data.batches import epochs, pad
from gdig.data.prompt import Example
from gdig.progress import track
from gdig.training.schedule import Division

Inputs = dict[str, Any]


def inputs_of(examples: Sequence[Example]) -> Inputs:
    """Return a padded part, with what is to be predicted in it, made on the CPU so that no GPU has to wait.

    Returns:
        tokens_BT; rows_R, positions_R: where logits predict a response token; targets_R: those tokens; ids.
    """
    batch = pad(examples)
    rows_R, positions_R = batch.response_BT.nonzero(as_tuple=True)
    return {
        "tokens_BT": batch.tokens_BT,
        "rows_R": rows_R,
        "positions_R": positions_R - 1,
        "targets_R": batch.tokens_BT[rows_R, positions_R],
        "ids": [example.id for example in examples],
    }


class Steps:
    """What a process runs, step after step: a dataloader to the Trainer.

    Batches and their order depend on the seed alone, not on how they are divided. A process without examples left of a
    short batch runs two tokens of which none is a response, since all must run equally often.
    """

    def __init__(
        self, examples: Sequence[Example], seed: int, num_steps: int, division: Division, rank: int, label: str
    ) -> None:
        self.examples = examples
        self.seed = seed
        self.num_steps = num_steps
        self.division = division
        self.rank = rank
        self.label = label
        self.start: Callable[[], int] = lambda: 0
        """Steps that were done before: asked when the first step is about to be taken."""

    def __len__(self) -> int:
        return self.num_steps * self.division.accumulation

    def __iter__(self) -> Iterator[Inputs]:
        size, start = self.division, self.start()
        batch_size = size.num_processes * size.per_device * size.accumulation
        batches = epochs(len(self.examples), batch_size, torch.Generator().manual_seed(self.seed))
        for _ in range(start):
            next(batches)
        steps = range(start, self.num_steps)
        for _ in track(steps, total=len(steps), label=self.label, unit="steps"):
            yield from self._parts([self.examples[position] for position in next(batches)])

    def _parts(self, batch: Sequence[Example]) -> Iterator[Inputs]:
        size = self.division
        num_tokens = sum(example.num_response_tokens for example in batch)
        nothing = Example(batch[0].id, batch[0].tokens[:2], 2)
        for turn in range(size.accumulation):
            begin = (turn * size.num_processes + self.rank) * size.per_device
            yield inputs_of(batch[begin : begin + size.per_device] or [nothing]) | {"num_tokens": num_tokens}
