"""Regressor of runs on the pairs of their subsets, of the kind `instructiongpt4.regressor`.

Shapes: S runs, B pairs of a subset, N pairs of the pool, F features.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from gdig.config import InstructionGpt4
from gdig.selectors.mining import linear, networks
from gdig.selectors.mining.linear import Rule

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A fitted network (in units of the labels' standard deviation) or linear rule."""

    model: nn.Module | Rule
    mean: float
    scale: float


def fit_regressor(values_SBF: Array, labels_S: Array, settings: InstructionGpt4, ridge: float) -> Fitted:
    """Fit the regressor to runs, each the mean over the pairs of its subset.

    Networks are fitted to standardised labels, since they start near 0 and take few steps.
    """
    if settings.regressor == "ols":
        num_features = values_SBF.shape[2]
        rule = linear.fit_ridge([f"f{n}" for n in range(num_features)], values_SBF.mean(axis=1), labels_S, ridge)
        return Fitted(rule, 0.0, 1.0)
    mean, scale = float(labels_S.mean()), float(labels_S.std()) or 1.0
    model = networks.network(settings.regressor, values_SBF.shape[2], settings.num_heads, settings.seed)
    networks.train(model, values_SBF, (labels_S - mean) / scale, settings.epochs, settings.learning_rate)
    return Fitted(model, mean, scale)


def predict_runs(fitted: Fitted, values_SBF: Array) -> Array:
    """Return the prediction for each run (S)."""
    if isinstance(fitted.model, Rule):
        return fitted.model.predict(values_SBF.mean(axis=1))
    return fitted.mean + fitted.scale * networks.predict_runs(fitted.model, values_SBF)


def predict_pairs(fitted: Fitted, ids: list[str], values_NF: Array, set_size: int, settings: InstructionGpt4) -> Array:
    """Return the prediction for each pair (N), in units of the labels.

    Args:
        fitted: fitted regressor.
        ids: ids of the pairs.
        values_NF: their features.
        set_size: pairs per subset.
        settings: as in `fit_regressor`.
    """
    if isinstance(fitted.model, Rule):
        return fitted.model.predict(values_NF)
    found_N = networks.predict_pairs(fitted.model, ids, values_NF, set_size, settings.num_contexts, settings.seed)
    return fitted.mean + fitted.scale * found_N


def leave_one_out_predictions(values_SBF: Array, labels_S: Array, settings: InstructionGpt4, ridge: float) -> Array:
    """Return the prediction for each run (S) by a fit to all others."""

    def one(others: NDArray[np.intp], run: int) -> float:
        fitted = fit_regressor(values_SBF[others], labels_S[others], settings, ridge)
        return float(predict_runs(fitted, values_SBF[run : run + 1])[0])

    return linear.leave_one_out(one, len(labels_S))
