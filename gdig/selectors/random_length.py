"""Random with the lengths of the seeds: a control for selectors whose picks have other lengths than the pool."""

from collections.abc import Mapping

import numpy as np

from gdig.selectors.common.turns import rank_in_turns


def rank(lengths: Mapping[str, int], seed_lengths: Mapping[str, int], seed: int) -> list[str]:
    """Return all candidates by round-robin over seeds: each takes a random one of the nearest length that is left.

    Args:
        lengths: characters of both sides of each candidate.
        seed_lengths: of each seed.
        seed: orders candidates of one length, and the seeds of each round.
    """
    logs_N, logs_M = (np.log(list(own.values())) for own in (lengths, seed_lengths))
    nearness_MN = -np.abs(logs_M[:, None] - logs_N[None, :])
    return rank_in_turns(list(lengths), nearness_MN, list(seed_lengths), seed)
