"""A linear rule fitted to runs by least squares. Shapes: S runs, I indicators, N pairs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """*y = intercept + sum_i weights_i x_i*."""

    intercept: float
    weights: dict[str, float]
    """By the names of the indicators, in their own units."""
    effects: dict[str, float]
    """What one standard deviation of an indicator between runs adds to y: these can be compared."""

    def as_json(self) -> dict[str, Any]:
        """Return the rule for JSON."""
        return asdict(self)

    def predict(self, values_NI: Array) -> Array:
        """Return what the rule says of each row (N)."""
        predicted_N: Array = self.intercept + values_NI @ np.array(list(self.weights.values()))
        return predicted_N


def fit_ridge(names: Sequence[str], values_SI: Array, labels_S: Array, ridge: float) -> Rule:
    """Return the rule of least *mean_s (y_s - rule(x_s))^2 + ridge sum_i effects_i^2*.

    Indicators are standardised by mean and standard deviation over the runs, so that the ridge asks the same of all;
    one that does not vary between runs has weight 0.
    """
    scaler = StandardScaler().fit(values_SI)
    # A decomposition, which holds without ridge and with more indicators than runs too.
    model = Ridge(alpha=ridge * len(labels_S), solver="svd").fit(scaler.transform(values_SI), labels_S)
    weights_I = model.coef_ / scaler.scale_
    return Rule(
        intercept=float(model.intercept_ - scaler.mean_ @ weights_I),
        weights=dict(zip(names, weights_I.tolist(), strict=True)),
        effects=dict(zip(names, model.coef_.tolist(), strict=True)),
    )


def leave_one_out(predict: Callable[[NDArray[np.intp], int], float], num_runs: int) -> Array:
    """Return what is predicted of each run (S) by a fit to all others.

    Args:
        predict: from the numbers of the runs to fit to, and that of another, to what is predicted of it.
        num_runs: S.
    """
    everyone = np.arange(num_runs)
    return np.array([predict(np.delete(everyone, left_out), left_out) for left_out in range(num_runs)])


def r2(labels_S: Array, predicted_S: Array) -> float:
    """Return the share of the labels' variance that is predicted; below 0 where their mean predicts better."""
    return float(r2_score(labels_S, predicted_S))
