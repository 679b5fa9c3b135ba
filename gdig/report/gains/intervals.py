"""Means over pools with Student's intervals, and their text."""

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
    """None for a single value, whose spread is unknown."""
    high: float | None
    num: int
    """Number of values."""
    p: float | None = None
    """Two-sided p value of Student's test that the mean is 0; None where the spread is unknown or 0."""

    @property
    def holds(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the mean of values, one per pool, with Student's interval: n - 1 degrees of freedom.

    Values count as draws of a normal distribution; a few pools are too few to test that.

    Raises:
        ValueError: `values` is empty.
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
    p = 2 * stats.t.sf(abs(mean) / error, num - 1)
    return Interval(mean, float(low), float(high), num, float(p))


def gain_text(gain: Interval | None, *, is_bold: bool | None = None, digits: int = 1) -> str:
    """Return a gain with its interval in Markdown; an empty text for None.

    Args:
        gain: mean and interval.
        is_bold: None: where the interval leaves out 0.
        digits: decimal places.
    """
    if gain is None:
        return ""
    if gain.low is None:
        return f"{gain.mean:+.{digits}f}"
    text = f"{gain.mean:+.{digits}f} [{gain.low:+.{digits}f}, {gain.high:+.{digits}f}]"
    return f"**{text}**" if (gain.holds if is_bold is None else is_bold) else text
