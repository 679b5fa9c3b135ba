"""Probability that each pair of the pool is clean, and the pool's share of noise, estimated from controls.

Shapes: N pairs of the pool, C controls, G groups of controls from the same seed, F kinds of evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from gdig.io.statistics import percentile_interval

Array = NDArray[np.float64]

NAMES = ("consistency", "base_loss", "loss")

_ROWS_AT_ONCE = 16384
_SAME = 1e-9
"""Standard deviation relative to the mean below which it is only rounding."""


@dataclass(frozen=True)
class Evidence:
    """Measurements of N pairs; higher values indicate clean pairs."""

    ids: list[str]
    values_NF: Array
    """F = len(NAMES) columns: consistency, minus the base model's loss, minus theta_T's."""


def pool_evidence(
    ids: Sequence[str],
    influence_NM: NDArray[np.float32],
    base_losses: Mapping[str, float | None],
    losses: Mapping[str, float | None],
) -> Evidence:
    """Return the evidence of candidates.

    Raises:
        ValueError: a candidate has no loss; names it.
    """
    columns = [consistency(influence_NM)]
    for name, measured in (("base_loss", base_losses), ("loss", losses)):
        found = [measured.get(i) for i in ids]
        if None in found:
            raise ValueError(
                f"rankings/{name}: no score of {ids[found.index(None)]!r}, which is in the pool; run `dvc repro`"
            )
        columns.append(-np.array(found, dtype=np.float64))
    return Evidence(list(ids), np.stack(columns, axis=1))


def control_evidence(rows: Sequence[Mapping[str, Any]]) -> Evidence:
    """Return the evidence of the controls, as measured by stage `controls`."""
    values = [[row["consistency"], -row["base_loss"], -row["loss"]] for row in rows]
    return Evidence([row["id"] for row in rows], np.array(values, dtype=np.float64))


def consistency(influence_NM: NDArray[np.float32], mask_NM: NDArray[np.bool_] | None = None) -> Array:
    """Return, for each pair, minus the mean over its standard deviation of its influence on the seeds.

    The share of seeds helped, with size counted where it is large: scale-free, so that a pair of large gradients is not
    ahead of one that helps every seed a little. 0 where influence is the same on all seeds, as of a pair without
    gradient, or on one seed.

    Args:
        influence_NM: negative: helps.
        mask_NM: seeds that count, at least one of them for each pair; all without it.
    """
    found = np.zeros(len(influence_NM))
    for start in range(0, len(influence_NM), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        values = influence_NM[rows].astype(np.float64)
        counts: Any = True if mask_NM is None else mask_NM[rows]
        means = values.mean(axis=1, where=counts)
        deviations = values.std(axis=1, where=counts)
        np.divide(-means, deviations, out=found[rows], where=deviations > _SAME * np.abs(means))
    return found


def relative_positions(reference: Evidence, evidence: Evidence) -> Array:
    """Return positions_NF in [0, 1]: the share of the reference's pairs that are behind, ties by half, by column.

    Positions have no scale and no tail: an outlier with a huge loss is only last, and models with losses of different
    size count equally.
    """
    columns = []
    for own, other in zip(evidence.values_NF.T, reference.values_NF.T, strict=True):
        known = np.sort(other)
        below, upto = np.searchsorted(known, own, side="left"), np.searchsorted(known, own, side="right")
        columns.append((below + upto) / (2 * len(known)))
    return np.stack(columns, axis=1)


FOLDS = 5
BORDER = 0.0
"""Log odds below which a pair resembles corrupted controls: the decision boundary of the fit with balanced classes. A
threshold tuned on these controls would overstate how well they are separated."""


@dataclass(frozen=True)
class NoiseShare:
    """Share of the pool that resembles corrupted controls."""

    share: float
    low: float
    high: float


def fit_logistic(positions_CF: Array, sound_C: NDArray[np.bool_]) -> LogisticRegression:
    """Return a logistic regression of cleanliness with balanced classes."""
    return LogisticRegression(class_weight="balanced").fit(positions_CF, sound_C)


def held_out_scores(positions_CF: Array, sound_C: NDArray[np.bool_], groups_C: NDArray[np.int64]) -> Array:
    """Return cross-validated log odds of each control; copies of one seed are in the same fold.

    Args:
        positions_CF: see `relative_positions`.
        sound_C: which controls are clean.
        groups_C: number of the seed that each is made from, from 0 without gaps.
    """
    folds_C = _folds(sound_C, groups_C)
    scores_C = np.empty(len(sound_C))
    for fold in range(folds_C.max() + 1):
        out = folds_C == fold
        scores_C[out] = fit_logistic(positions_CF[~out], sound_C[~out]).decision_function(positions_CF[out])
    return scores_C


def noise_share(
    scores_N: Array,
    scores_C: Array,
    sound_C: NDArray[np.bool_],
    groups_C: NDArray[np.int64],
    num_samples: int,
    confidence: float,
    seed: int,
) -> NoiseShare:
    """Return the share of the pool that is noise, by adjusted counting (Forman 2008, section 3.2).

    A share p of the pool, t of the corrupted controls and f of the clean ones score below the boundary. If the pool's
    noise is like the corrupted controls and the rest like the seeds, p = noise t + (1 - noise) f. Noise unlike any
    control, above all noise that the models do not detect, is not counted. If the controls are not separated (t <= f),
    the interval is [0, 1].

    Args:
        scores_N: scores of the pool; higher is cleaner.
        scores_C: scores of the controls, by fits that have not seen them.
        sound_C: which controls are clean.
        groups_C: number of the seed that each is made from, from 0 without gaps.
        num_samples: bootstrap resamples, of pool and seeds, for the interval.
        confidence: confidence level of the interval.
        seed: seed of the bootstrap.
    """
    p, below_C = float((scores_N < BORDER).mean()), scores_C < BORDER
    # Per group, the number of clean and corrupted controls, in total and below the boundary.
    num_G2, below_G2 = np.zeros((2, groups_C.max() + 1, 2))
    np.add.at(num_G2, (groups_C, (~sound_C).astype(int)), 1)
    np.add.at(below_G2, (groups_C, (~sound_C).astype(int)), below_C)

    def share(p: float, num_G2: Array, below_G2: Array) -> float:
        f, t = below_G2.sum(axis=0) / num_G2.sum(axis=0).clip(min=1)
        return float(np.clip((p - f) / max(t - f, 1e-9), 0, 1))

    if below_C[~sound_C].mean() <= below_C[sound_C].mean():
        return NoiseShare(0.0, 0.0, 1.0)
    rng = np.random.default_rng(seed)
    samples = []
    for _ in range(num_samples):
        picks = rng.integers(len(num_G2), size=len(num_G2))
        # The number of pairs below the boundary in a resampled pool is binomial.
        resampled = rng.binomial(len(scores_N), p) / len(scores_N)
        samples.append(share(resampled, num_G2[picks], below_G2[picks]))
    return NoiseShare(share(p, num_G2, below_G2), *percentile_interval(samples, confidence))


def probability(scores_N: Array, noise: float) -> Array:
    """Return the probability of being clean given a noise share; scores are log odds at balanced classes."""
    prior = np.log((1 - noise + 1e-6) / (noise + 1e-6))
    return np.asarray(1 / (1 + np.exp(-(scores_N + prior))))


def _folds(sound_C: NDArray[np.bool_], groups_C: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the fold of each control: groups round-robin, those with corrupted controls first, so that every fit has
    some.

    There are at most FOLDS folds, fewer if there are fewer such groups.
    """
    is_corrupted_G = np.zeros(groups_C.max() + 1, dtype=bool)
    is_corrupted_G[groups_C[~sound_C]] = True
    num_folds = min(FOLDS, int(is_corrupted_G.sum()))
    assert num_folds > 1, "make_controls refuses fewer"
    places_G = np.empty(len(is_corrupted_G), dtype=np.int64)
    places_G[np.argsort(~is_corrupted_G, kind="stable")] = np.arange(len(places_G))
    return np.asarray(places_G[groups_C] % num_folds)
