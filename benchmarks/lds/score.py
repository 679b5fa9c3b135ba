"""The linear datamodeling score (Park et al. 2023, TRAK, section 2; Ilyas et al. 2022).

Predicted change of a seed's loss on subset k: the sum of the influences of its pairs. The score of a seed is the
Spearman correlation over subsets between that and the loss of models retrained on them.

Shapes: K subsets, N pairs, M seeds, R retrainings of each subset.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from gdig.io.statistics import percentile_interval

Array = NDArray[np.float64]


def per_seed(predicted_KM: Array, real_KM: Array) -> Array:
    """Return the Spearman correlation over subsets for each seed, scores_M; NaN where one of the two is constant."""
    ranks = [rankdata(values_KM, axis=0) for values_KM in (predicted_KM, real_KM)]
    centred = [values_KM - values_KM.mean(axis=0) for values_KM in ranks]
    norms = [np.sqrt((values_KM**2).sum(axis=0)) for values_KM in centred]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((centred[0] * centred[1]).sum(axis=0) / (norms[0] * norms[1]))


def ceiling(real_RKM: Array) -> Array:
    """Return, for each seed, what a predictor of the expected loss would reach: the root of the reliability.

    The reliability of a mean of R retrainings is R r / (1 + (R - 1) r) (Spearman-Brown), r being the mean correlation
    between two of them. NaN with one retraining; 0 where r is not positive.
    """
    count = len(real_RKM)
    if count < 2:
        return np.full(real_RKM.shape[-1], math.nan)
    pairs = [(a, b) for a in range(count) for b in range(a)]
    r_M = np.mean([per_seed(real_RKM[a], real_RKM[b]) for a, b in pairs], axis=0).clip(min=0)
    return np.asarray(np.sqrt(count * r_M / (1 + (count - 1) * r_M)))


def summary(predicted_KM: Array, real_RKM: Array, num_samples: int, confidence: float, seed: int) -> dict[str, Any]:
    """Return the score per seed pair, of the mean over seeds, their intervals over resampled subsets, and the ceiling.

    Returns:
        `per_seed`: mean over seeds of the score, with `low` and `high` of the bootstrap over subsets;
        `of_mean`: the score of the mean loss of all seeds, likewise; `ceiling`: mean over seeds; `num_subsets`,
        `num_retrainings`, `num_seeds`.
    """
    real_KM = real_RKM.mean(axis=0)
    rng = np.random.default_rng(seed)
    draws = [rng.integers(len(real_KM), size=len(real_KM)) for _ in range(num_samples)]

    def measured(predicted: Array, real: Array) -> dict[str, float]:
        samples = [np.nanmean(per_seed(predicted[draw], real[draw])) for draw in draws]
        low, high = percentile_interval(samples, confidence)
        return {"mean": float(np.nanmean(per_seed(predicted, real))), "low": low, "high": high}

    mean = measured(predicted_KM.mean(axis=1, keepdims=True), real_KM.mean(axis=1, keepdims=True))
    return {
        "per_seed": measured(predicted_KM, real_KM),
        "of_mean": mean,
        "ceiling": float(np.nanmean(ceiling(real_RKM))) if len(real_RKM) > 1 else None,
        "num_subsets": len(real_KM),
        "num_retrainings": len(real_RKM),
        "num_seeds": real_KM.shape[1],
    }
