"""Inference from a sample of segments: intervals and paired tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, wilcoxon

from gdig.io.statistics import percentile_interval

RESAMPLES = 10_000
CONFIDENCE = 0.95


def intervals(values_SK: NDArray[Any], seed: int) -> list[dict[str, float]]:
    """Return mean and percentile bootstrap interval of each of K columns over S segments: `value`, `low`, `high`."""
    segments = len(values_SK)
    weights_RS = np.random.default_rng(seed).multinomial(segments, np.full(segments, 1 / segments), RESAMPLES)
    means_RK = weights_RS @ values_SK / segments
    ends = [percentile_interval(means_R, CONFIDENCE) for means_R in means_RK.T]
    return [
        {"value": float(value), "low": low, "high": high}
        for value, (low, high) in zip(values_SK.mean(axis=0), ends, strict=True)
    ]


def sign_test(wins: int, losses: int) -> float:
    """Return the two-sided p value of the sign test; ties are excluded."""
    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def wilcoxon_test(differences: Sequence[float]) -> float:
    """Return the two-sided p value of Wilcoxon's signed-rank test without zero differences; 1 if all are zero."""
    nonzero = [difference for difference in differences if difference]
    return float(wilcoxon(nonzero).pvalue) if nonzero else 1.0
