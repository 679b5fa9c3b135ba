"""Pairs as prompts, each with the most tokens that its translation may have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gdig.config import Prompt, Translate
from gdig.io.records import Pair
from gdig.lm.batches import by_length
from gdig.lm.prompt import Example, instruction


@dataclass(frozen=True, slots=True)
class Task:
    """A source to translate."""

    id: str
    tokens: list[int]
    """Of the prompt."""
    limit: int
    """Most tokens of the translation."""


def tasks_of(pairs: Sequence[Pair], tokenizer: Any, prompt: Prompt, settings: Translate) -> list[Task]:
    """Return the prompts; a limit is `max_length_ratio` times the tokens of the source plus `max_length_extra`."""
    prompts = tokenizer([instruction(pair.src, prompt) for pair in pairs]).input_ids
    sources = tokenizer([pair.src for pair in pairs], add_special_tokens=False).input_ids
    return [
        Task(pair.id, tokens, int(settings.max_length_ratio * len(source)) + settings.max_length_extra)
        for pair, tokens, source in zip(pairs, prompts, sources, strict=True)
    ]


def batches_of(tasks: Sequence[Task], max_tokens: int) -> list[list[Task]]:
    """Return batches of prompts of like length, of at most `max_tokens` padded tokens each (or one prompt)."""
    examples = [Example(task.id, task.tokens, len(task.tokens)) for task in tasks]
    return [[tasks[position] for position in group] for group in by_length(examples, max_tokens)]
