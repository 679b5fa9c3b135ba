"""Means over pools, and how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean with its interval."""

    mean: float
    low: float | None
    """None of a single value, of whose spread nothing is known."""
    high: float | None
    num: int
    """Values."""

    @property
    def holds(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the mean of values, one a pool, with Student's interval of it: n - 1 degrees of freedom.

    Values are taken for draws of a normal distribution; that of a mean gain over a few pools cannot be tested.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values to take a mean of")
    mean, num = fmean(values), len(values)
    if num == 1:
        return Interval(mean, None, None, num)
    error = float(stats.sem(values))
    if not error:
        return Interval(mean, mean, mean, num)
    low, high = stats.t.interval(confidence, num - 1, loc=mean, scale=error)
    return Interval(mean, float(low), float(high), num)
