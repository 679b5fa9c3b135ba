"""A ranking in which seeds take turns: each takes its best candidate that is left.

Shapes: N candidates, M seeds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.io.order import shuffle_key, shuffled


def rank_in_turns(
    ids: Sequence[str], similarities_MN: NDArray[np.float64], seed_ids: Sequence[str], seed: int
) -> list[str]:
    """Return all candidates by round-robin over seeds: each takes its best remaining one.

    Args:
        ids: id of each candidate.
        similarities_MN: of every candidate with every seed, higher = better.
        seed_ids: id of each seed.
        seed: breaks ties, and orders the seeds of each round, so that a budget that ends inside a round does not always
            favour the same seeds.
    """
    ties_N = np.empty(len(ids), dtype=np.int64)
    ties_N[sorted(range(len(ids)), key=lambda row: shuffle_key(seed, ids[row]))] = np.arange(len(ids))
    queues = {i: np.lexsort((ties_N, -row_N)) for i, row_N in zip(seed_ids, similarities_MN, strict=True)}
    place = dict.fromkeys(seed_ids, 0)
    taken = np.zeros(len(ids), dtype=bool)
    ranking: list[str] = []
    turn = 0
    while len(ranking) < len(ids):
        for choosing in _order_of_round(seed_ids, seed, turn):
            queue_N, start = queues[choosing], place[choosing]
            if (free := next((p for p in range(start, len(ids)) if not taken[queue_N[p]]), None)) is None:
                break  # nothing is left
            taken[queue_N[free]] = True
            ranking.append(ids[queue_N[free]])
            place[choosing] = free + 1
        turn += 1
    return ranking


def _order_of_round(seed_ids: Sequence[str], seed: int, turn: int) -> list[str]:
    return [name.partition("/")[2] for name in shuffled((f"{turn}/{i}" for i in seed_ids), seed)]
