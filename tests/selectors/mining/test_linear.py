import numpy as np
import pytest

from gdig.selectors.mining.columns import subset_means
from gdig.selectors.mining.linear import fit_ridge, leave_one_out, r2
from tests.selectors.mining.toy import COLUMNS, LABELS, NAMES, SUBSETS

VALUES = subset_means(COLUMNS, NAMES, list(SUBSETS.values()))


def normal_equations(values, labels, ridge):
    """Effects, weights and intercept, written out."""
    mean, sd = values.mean(axis=0), values.std(axis=0)
    x = (values - mean) / sd
    gram = x.T @ x / len(x) + ridge * np.eye(x.shape[1])
    effects = np.linalg.solve(gram, x.T @ (labels - labels.mean()) / len(x))
    return effects, effects / sd, labels.mean() - (effects / sd * mean).sum()


@pytest.mark.parametrize("ridge", [0.0, 1e-3, 0.5])
def test_the_rule_solves_the_normal_equations(ridge):
    rule = fit_ridge(NAMES, VALUES, LABELS, ridge)
    effects, weights, intercept = normal_equations(VALUES, LABELS, ridge)
    np.testing.assert_allclose(list(rule.effects.values()), effects, atol=1e-9)
    np.testing.assert_allclose(list(rule.weights.values()), weights, atol=1e-9)
    assert rule.intercept == pytest.approx(intercept, abs=1e-9)
    assert list(rule.weights) == NAMES


def test_the_unit_of_an_indicator_changes_no_prediction():
    rule, scaled = fit_ridge(NAMES, VALUES, LABELS, 0.1), fit_ridge(NAMES, VALUES * [1, 1000, 0.01], LABELS, 0.1)
    np.testing.assert_allclose(scaled.predict(VALUES * [1, 1000, 0.01]), rule.predict(VALUES), atol=1e-9)


def test_what_does_not_vary_has_no_weight():
    assert (
        fit_ridge(["a", "b"], np.column_stack([VALUES[:, 0], np.full(len(VALUES), 7.0)]), LABELS, 0.0).weights["b"] == 0
    )


def test_a_run_that_is_left_out_is_predicted_without_it():
    found = leave_one_out(
        lambda others, run: float(
            fit_ridge(NAMES, VALUES[others], LABELS[others], 0.1).predict(VALUES[run : run + 1])[0]
        ),
        len(LABELS),
    )
    expected = []
    for run in range(len(LABELS)):
        others = [n for n in range(len(LABELS)) if n != run]
        _, weights, intercept = normal_equations(VALUES[others], LABELS[others], 0.1)
        expected.append(intercept + weights @ VALUES[run])
    np.testing.assert_allclose(found, expected, atol=1e-9)
    press, total = ((LABELS - expected) ** 2).sum(), ((LABELS - LABELS.mean()) ** 2).sum()
    assert r2(LABELS, found) == pytest.approx(1 - press / total)
