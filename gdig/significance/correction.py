"""The paired t-test over budgets, and Holm's correction for many tests."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from scipy.stats import ttest_rel
from statsmodels.stats.multitest import multipletests

Key = TypeVar("Key", bound=Hashable)


def paired_t_test(system: Sequence[float], baseline: Sequence[float]) -> tuple[float, float] | None:
    """Return t and the two-sided p value of values paired by budget.

    None where there is no such test: of fewer than two budgets, or of differences without any spread.
    """
    differences = [value - other for value, other in zip(system, baseline, strict=True)]
    # Where all are equal but for rounding, t would be of rounding alone.
    if len(differences) < 2 or max(differences) - min(differences) <= 1e-12 * max(map(abs, [*system, *baseline, 1.0])):
        return None
    result = ttest_rel(system, baseline)
    t, p = float(result.statistic), float(result.pvalue)
    return (t, p) if math.isfinite(t) else None


def holm(p_values: Mapping[Key, float]) -> dict[Key, float]:
    """Return the adjusted p values: one of at most alpha holds at alpha for all tests together."""
    if not p_values:
        return {}
    _, adjusted, _, _ = multipletests(list(p_values.values()), method="holm")
    return dict(zip(p_values, adjusted.tolist(), strict=True))
