"""Instruction Mining: ascending loss predicted by a rule fitted to finetuning runs (Cao et al. 2023)."""

from collections.abc import Mapping

from gdig.io.order import ascending


def predicted_losses(
    indicators: Mapping[str, Mapping[str, float]], weights: Mapping[str, float], intercept: float
) -> dict[str, float]:
    """Return *log loss = b_0 + sum_i b_i I_i* of every candidate, in log nats a token.

    Args:
        indicators: *I_i* of every candidate, by indicator name.
        weights: *b_i* of the rule's indicators.
        intercept: *b_0*.
    """
    names = list(weights)
    return {i: intercept + sum(weights[name] * indicators[name][i] for name in names) for i in indicators[names[0]]}


def rank(losses: Mapping[str, float], seed: int) -> list[str]:
    """Return candidates by ascending predicted loss; ties by a seeded permutation."""
    return ascending(losses, seed)
