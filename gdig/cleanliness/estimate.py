"""From controls to the probability that a pair of the pool is sound, and to how noisy the pool is.

Shapes: N pairs of the pool, C controls, F kinds of evidence.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve

Array = NDArray[np.float64]

FOLDS = 5


@dataclass(frozen=True)
class NoiseShare:
    """How much of the pool looks as corrupted controls do."""

    share: float
    low: float
    high: float
    threshold: float
    """Score at which sound and corrupted controls are told apart best."""


def fit(positions_CF: Array, sound_C: NDArray[np.bool_]) -> LogisticRegression:
    """Return a logistic regression of being sound, each class counting by half."""
    return LogisticRegression(class_weight="balanced").fit(positions_CF, sound_C)


def held_out_scores(positions_CF: Array, sound_C: NDArray[np.bool_], groups_C: NDArray[np.int64]) -> Array:
    """Return log odds of each control by a fit to the others; copies of one seed are left out together."""
    scores_C = np.empty(len(sound_C))
    for fold in range(FOLDS):
        out = groups_C % FOLDS == fold
        scores_C[out] = fit(positions_CF[~out], sound_C[~out]).decision_function(positions_CF[out])
    return scores_C


def noise_share(
    scores_N: Array, scores_C: Array, sound_C: NDArray[np.bool_], num_samples: int, confidence: float, seed: int
) -> NoiseShare:
    """Return the share of the pool that is noise, by adjusted counting (Forman 2008, section 3.2).

    Of the pool a share p scores below the threshold, of corrupted controls t and of sound ones f; were the pool's noise
    like the corrupted controls and the rest like the seeds, p = noise t + (1 - noise) f. The threshold is where t - f
    is largest. What is unlike any control, noise that the models do not notice above all, is not counted.

    Args:
        scores_N: of the pool, higher: sound.
        scores_C: of controls, by fits that have not seen them.
        sound_C: which controls are sound.
        num_samples: bootstrap resamples, of pool and controls, for the interval.
        confidence: of the interval.
        seed: of the bootstrap.
    """
    rng = np.random.default_rng(seed)
    threshold = _best_threshold(scores_C, sound_C)
    sound, corrupted = scores_C[sound_C], scores_C[~sound_C]

    def share(pool: Array, sound: Array, corrupted: Array) -> float:
        p, f, t = ((scores < threshold).mean() for scores in (pool, sound, corrupted))
        return float(np.clip((p - f) / max(t - f, 1e-9), 0, 1))

    samples = [share(*(rng.choice(part, len(part)) for part in (scores_N, sound, corrupted)))
               for _ in range(num_samples)]  # fmt: skip
    low, high = np.quantile(samples, [(1 - confidence) / 2, (1 + confidence) / 2])
    return NoiseShare(share(scores_N, sound, corrupted), float(low), float(high), threshold)


def probability(scores_N: Array, noise: float) -> Array:
    """Return the probability of being sound where a share `noise` of the pool is not; scores are log odds at a half."""
    prior = np.log((1 - noise + 1e-6) / (noise + 1e-6))
    return np.asarray(1 / (1 + np.exp(-(scores_N + prior))))


def auc(scores_C: Array, sound_C: NDArray[np.bool_]) -> float:
    """Return how well scores tell sound from corrupted."""
    return float(roc_auc_score(sound_C, scores_C))


def _best_threshold(scores_C: Array, sound_C: NDArray[np.bool_]) -> float:
    false, true, thresholds = roc_curve(sound_C, scores_C, drop_intermediate=False)
    return float(thresholds[int((true - false).argmax())])
