"""Ridge regression fitted to runs. Shapes: S runs, I indicators, N pairs."""

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
    """Weights by indicator name, in the indicators' units."""
    effects: dict[str, float]
    """Change of y per standard deviation of an indicator over runs; comparable between indicators."""

    def as_json(self) -> dict[str, Any]:
        """Return the rule for JSON."""
        return asdict(self)

    def predict(self, values_NI: Array) -> Array:
        """Return the prediction for each row (N)."""
        predicted_N: Array = self.intercept + values_NI @ np.array(list(self.weights.values()))
        return predicted_N


def fit_ridge(names: Sequence[str], values_SI: Array, labels_S: Array, ridge: float) -> Rule:
    """Return the rule that minimises *mean_s (y_s - rule(x_s))^2 + ridge sum_i effects_i^2*.

    Indicators are standardised over the runs, so that the ridge penalises all equally; a constant indicator has weight
    0.
    """
    scaler = StandardScaler().fit(values_SI)
    # Solved by SVD, which also works without ridge and with more indicators than runs.
    model = Ridge(alpha=ridge * len(labels_S), solver="svd").fit(scaler.transform(values_SI), labels_S)
    weights_I = model.coef_ / scaler.scale_
    return Rule(
        intercept=float(model.intercept_ - scaler.mean_ @ weights_I),
        weights=dict(zip(names, weights_I.tolist(), strict=True)),
        effects=dict(zip(names, model.coef_.tolist(), strict=True)),
    )


def leave_one_out(predict: Callable[[NDArray[np.intp], int], float], num_runs: int) -> Array:
    """Return the prediction for each run (S) by a fit to all others.

    Args:
        predict: maps the numbers of the runs to fit, and that of another run, to the prediction for the latter.
        num_runs: S.
    """
    everyone = np.arange(num_runs)
    return np.array([predict(np.delete(everyone, left_out), left_out) for left_out in range(num_runs)])


def r2(labels_S: Array, predicted_S: Array) -> float:
    """Return the explained share of the labels' variance; negative if their mean predicts better."""
    return float(r2_score(labels_S, predicted_S))
