"""MoDS: quality, coverage and necessity (Du et al. 2023). Shapes: N points, D dimensions."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gdig.io.order import ascending
from gdig.selectors.mods.kcenter import k_center


def high_quality(rewards: Mapping[str, float], alpha: float | None, keep_share: float | None, seed: int) -> list[str]:
    """Return the candidates with a reward above `alpha`, or the best `keep_share` of them, best first."""
    ranking = ascending({i: -reward for i, reward in rewards.items()}, seed)
    if alpha is not None:
        return [i for i in ranking if rewards[i] > alpha]
    assert keep_share is not None
    return ranking[: round(keep_share * len(ranking))]


def necessary(generated: Mapping[str, float], beta: float | None, need_share: float | None, seed: int) -> list[str]:
    """Return the candidates that the model finetuned on the coverage set still translates badly, worst first.

    Args:
        generated: reward of the model's own translation of each source.
        beta: reward below which translations are bad, or None.
        need_share: share of the worst candidates, if `beta` is None.
        seed: breaks ties.
    """
    ranking = ascending(generated, seed)
    if beta is not None:
        return [i for i in ranking if generated[i] < beta]
    return ranking[: most_necessary(len(ranking), need_share)]


def most_necessary(num_generated: int, need_share: float | None) -> int:
    """Return the number of necessary candidates; with a threshold instead of a share, its maximum."""
    return num_generated if need_share is None else round(need_share * num_generated)


def require_enough(num_coverage: int, num_needed: int, count: int) -> None:
    """Raise a ValueError where coverage set and necessary ones together have fewer than `count`."""
    if num_coverage + num_needed < count:
        raise ValueError(
            f"MoDS leaves {num_coverage} pairs of its coverage set and {num_needed} necessary ones, fewer than the "
            f"largest budget {count}; raise mods.need_share (or mods.beta), mods.keep_share (or lower mods.alpha) or "
            f"mods.num_coverage, or lower budgets"
        )


def rank(
    coverage: Sequence[str], needed: Sequence[str], ids: Sequence[str], points_ND: NDArray[np.float32], count: int,
    seed: int,
) -> list[str]:  # fmt: skip
    """Return the coverage set in its order, and then needed candidates by k-center greedy, which goes on from there.

    MoDS takes the union of both sets. A ranking must order the second, and coverage is what MoDS chooses by.

    Args:
        coverage: the coverage set in k-center order.
        needed: candidates of the augmented set.
        ids: id of each point; `coverage` and `needed` are among them.
        points_ND: their embeddings.
        count: length of the ranking, at most.
        seed: breaks ties.

    Raises:
        ValueError: both sets together have fewer than `count`.
    """
    require_enough(len(coverage), len(needed), count)
    row_of = {i: row for row, i in enumerate(ids)}
    points, centres = points_ND[[row_of[i] for i in needed]], points_ND[[row_of[i] for i in coverage]]
    return [*coverage, *k_center(needed, points, max(0, count - len(coverage)), seed, centres)]
