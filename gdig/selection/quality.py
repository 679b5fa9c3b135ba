"""The quality rule: keep the candidates that help every seed (Pan et al. 2024, equation 4), or relax it openly.

Shapes: N candidates, M seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Candidate:
    """Influence of a candidate on the seeds."""

    id: str
    share_helped: float
    """Share of the seeds whose loss it lowers (negative influence)."""
    mean_influence: float
    """Negative = helpful on average."""


@dataclass(frozen=True)
class QualityResult:
    """Survivors and the strictness reached."""

    survivors: list[Candidate]
    """Most seeds helped first, then most helpful on average."""
    share_reached: float
    """Minimum share of seeds that a survivor helps; 1 is equation 4."""
    num_strict: int
    """Candidates that pass equation 4 as written."""


def assess(ids: Sequence[str], influence_NM: NDArray[np.float32]) -> list[Candidate]:
    """Return every candidate's share of seeds helped and mean influence.

    Raises:
        ValueError: an influence is not a number; names the candidate.
    """
    bad = ~np.isfinite(influence_NM).all(axis=1)
    if bad.any():
        raise ValueError(
            f"pair {ids[int(bad.argmax())]}: its influence is not a number ({int(bad.sum())} pairs in all); "
            f"the gradients of the warm-up model overflow, so lower warmup.training.learning_rate"
        )
    shares_N = (influence_NM < 0).mean(axis=1)
    means_N = influence_NM.mean(axis=1, dtype=np.float64)
    return [Candidate(i, float(s), float(m)) for i, s, m in zip(ids, shares_N, means_N, strict=True)]


def apply_rule(candidates: Sequence[Candidate], min_survivors: int) -> QualityResult:
    """Keep candidates that help every seed; if too few, lower the required share of seeds as little as needed.

    Averaging over seeds before the test would not be equivalent: a candidate that harms a few seeds much and helps the
    others a little would pass or fail by magnitude, not by count.

    Raises:
        ValueError: fewer candidates than `min_survivors`.
    """
    if len(candidates) < min_survivors:
        raise ValueError(
            f"quality: {len(candidates)} candidates cannot leave {min_survivors} survivors; lower "
            f"quality.min_survivors or the largest budget, or raise pool.num_pool"
        )
    ranked = sorted(candidates, key=lambda c: (-c.share_helped, c.mean_influence, c.id))
    num_strict = sum(c.share_helped == 1 for c in ranked)
    share = 1.0 if num_strict >= min_survivors else ranked[min_survivors - 1].share_helped
    survivors = [c for c in ranked if c.share_helped >= share]
    if not survivors:
        raise ValueError("quality: no candidate survives; set quality.min_survivors to the number that must")
    return QualityResult(survivors, share, num_strict)
