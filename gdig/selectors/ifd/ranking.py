"""Instruction-following difficulty: how little the instruction helps with the answer (Li et al. 2024, Cherry LLM)."""

import math
from collections.abc import Mapping
from typing import Literal

from gdig.config import Short
from gdig.io.ranking import rank_below


def scores(losses: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Return IFD(z) = s(y | q) / s(y).

    Args:
        losses: for each candidate, the mean loss of the response with and without the prompt. If the second is zero,
            IFD is infinite.
    """
    return {i: given / alone if alone > 0 else math.inf for i, (given, alone) in losses.items()}


def rank(
    ifd: Mapping[str, float], upper: float, direction: Literal["high", "low"], count: int, on_short: Short, seed: int
) -> list[str]:
    """Return the candidates with IFD below `upper`, as published the highest first; see `threshold_ranking`."""
    return rank_below(ifd, upper=upper, direction=direction, count=count, on_short=on_short, seed=seed, name="ifd")
