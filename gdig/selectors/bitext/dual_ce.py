"""Dual conditional cross-entropy: a model finds both sides about as likely, and likely (Junczys-Dowmunt 2018, WMT)."""

import math
from collections.abc import Iterable, Mapping

from gdig.config import Prompt
from gdig.io.records import Pair


def turned(pairs: Iterable[Pair]) -> list[Pair]:
    """Return pairs with the target as source."""
    return [Pair(pair.id, pair.trg, pair.src) for pair in pairs]


def with_template(prompt: Prompt, template: str) -> Prompt:
    """Return prompt settings whose base format is another."""
    return prompt.model_copy(update={"base_template": template})


def scores(forward: Mapping[str, float], backward: Mapping[str, float]) -> dict[str, float]:
    """Return exp(-(|H(y|x) - H(x|y)| + (H(y|x) + H(x|y)) / 2)) of every pair, above 0 and at most 1.

    Args:
        forward: H(y|x) by id, the mean cross-entropy per token of the target given the source, in nats.
        backward: H(x|y), of the source given the target.
    """
    return {i: math.exp(-(abs(one - backward[i]) + (one + backward[i]) / 2)) for i, one in forward.items()}
