import numpy as np
import pytest

from gdig.selectors.mining import instruction_mining
from gdig.selectors.mining.columns import subset_means
from gdig.selectors.mining.linear import fit_ridge
from tests.selectors.mining.toy import COLUMNS, IDS, LABELS, NAMES, SUBSETS


def predicted(columns=COLUMNS):
    rule = fit_ridge(NAMES, subset_means(columns, NAMES, list(SUBSETS.values())), LABELS, 0.0)
    return instruction_mining.predicted_losses(columns, rule.weights, rule.intercept)


def test_losses_of_20_pairs_are_those_of_plain_least_squares():
    design = np.array(
        [[1.0, *(np.mean([COLUMNS[name][i] for i in ids]) for name in NAMES)] for ids in SUBSETS.values()]
    )
    coefficients = np.linalg.lstsq(design, LABELS, rcond=None)[0]
    losses = predicted()
    for i in IDS:
        assert losses[i] == pytest.approx(coefficients @ [1.0, *(COLUMNS[name][i] for name in NAMES)], abs=1e-6)
    assert instruction_mining.rank(losses, 1) == sorted(IDS, key=losses.get)


def test_the_order_of_the_pool_does_not_matter():
    shuffled = {name: dict(reversed(column.items())) for name, column in COLUMNS.items()}
    assert instruction_mining.rank(predicted(shuffled), 1) == instruction_mining.rank(predicted(), 1)


def test_ties_fall_by_the_seed():
    ties = dict.fromkeys(IDS, 0.5)
    assert instruction_mining.rank(ties, 1) == instruction_mining.rank(dict.fromkeys(IDS[::-1], 0.5), 1)
    assert instruction_mining.rank(ties, 2) != instruction_mining.rank(ties, 1)
