"""Feasibility ranks of data selection methods (arXiv 2406.14115, its table of feasibility): what a method needs.

Ranks are dense: equal works share one, and the next work has the next number. The priorities that the survey states do
not give its printed ranks. This module has both the stated rules and rules that reproduce the printed ranks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Work:
    """Notes of the survey on a method."""

    trained: int
    """LLMs that are trained to select."""
    steps: int
    """Steps of its algorithm."""
    uses: int
    """Uses of an LLM."""
    reproducible: bool
    model_free: bool
    """It transfers to another model."""
    dataset_free: bool
    """It transfers to another dataset."""
    chatgpt_free: bool
    small: bool = False
    """Trains and uses GPT-2 in place of an LLM: the survey's asterisk."""


Rule = Callable[[Work], Any]
"""Sort key of the ranking, least first."""


def simplicity(work: Work) -> tuple[int, bool, int]:
    """Return the key that reproduces the printed ranks of simplicity: a repository is worth one step."""
    return work.trained, not work.small, work.steps - work.reproducible


def stated_simplicity(work: Work) -> tuple[int, bool, int, bool]:
    """Return the priorities as stated: trained LLMs, then steps, then whether there is a repository."""
    return work.trained, not work.small, work.steps, not work.reproducible


def flexibility(work: Work) -> tuple[int, bool, bool, bool]:
    """Return the key that reproduces the printed ranks of flexibility: first the number of ticks."""
    ticks = work.model_free + work.dataset_free + work.chatgpt_free
    return -ticks, not work.model_free, not work.chatgpt_free, not work.dataset_free


def stated_flexibility(work: Work) -> tuple[bool, bool, bool]:
    """Return the priorities as stated: free of the model, then of the dataset, then of ChatGPT."""
    return not work.model_free, not work.dataset_free, not work.chatgpt_free


def dense_ranks(values: Mapping[str, Any]) -> dict[str, int]:
    """Return the rank of each, from 1; equal values share one."""
    order = sorted(set(values.values()))
    return {name: order.index(value) + 1 for name, value in values.items()}


def ranks(works: Mapping[str, Work], rule: Rule) -> dict[str, int]:
    """Return the dense rank of each work by a rule."""
    return dense_ranks({name: rule(work) for name, work in works.items()})


def feasibility_ranks(
    works: Mapping[str, Work], by_simplicity: Rule = simplicity, by_flexibility: Rule = flexibility
) -> dict[str, int]:
    """Return the dense rank of the sum of both ranks."""
    one, other = ranks(works, by_simplicity), ranks(works, by_flexibility)
    return dense_ranks({name: one[name] + other[name] for name in works})
