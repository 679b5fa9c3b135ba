"""Prompts of pairs, each with the maximum length of its translation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gdig.config import Prompt, Translate
from gdig.io.records import Pair
from gdig.io.tokens import text_tokens
from gdig.lm.batches import by_length
from gdig.lm.prompt import Example, instruction_tokens, max_positions


@dataclass(frozen=True, slots=True)
class Task:
    """A source to translate."""

    id: str
    tokens: list[int]
    """Tokens of the prompt."""
    limit: int
    """Maximum tokens of the translation."""


def tasks_of(pairs: Sequence[Pair], tokenizer: Any, prompt: Prompt, settings: Translate) -> list[Task]:
    """Return the prompts; the length limit is `max_length_ratio` times the source tokens plus `max_length_extra`.

    Raises:
        ValueError: prompt and translation may be longer than the model reads; names the pair.
    """
    prompts = instruction_tokens(tokenizer, [pair.src for pair in pairs], prompt)
    sources = text_tokens(tokenizer, [pair.src for pair in pairs])
    tasks = [
        Task(pair.id, tokens, int(settings.max_length_ratio * len(source)) + settings.max_length_extra)
        for pair, tokens, source in zip(pairs, prompts, sources, strict=True)
    ]
    room = max_positions(tokenizer)
    for task in tasks:
        if len(task.tokens) + task.limit > room:
            raise ValueError(
                f"pair {task.id}: its prompt has {len(task.tokens)} tokens and its translation may have {task.limit}, "
                f"but the model reads {room:.0f}; lower translate.max_length_ratio or translate.max_length_extra, or "
                f"take a model that reads more"
            )
    return tasks


def batches_of(tasks: Sequence[Task], max_tokens: int) -> list[list[Task]]:
    """Return batches of prompts of similar length, with at most `max_tokens` padded tokens each (or one prompt)."""
    examples = [Example(task.id, task.tokens, len(task.tokens)) for task in tasks]
    return [[tasks[position] for position in group] for group in by_length(examples, max_tokens)]
