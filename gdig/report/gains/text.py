"""Gains in words."""

from gdig.report.gains.intervals import Interval


def gain_text(gain: Interval | None) -> str:
    """Return a gain with its interval, bold where this leaves out 0; nothing of none."""
    if gain is None:
        return ""
    if gain.low is None:
        return f"{gain.mean:+.1f}"
    text = f"{gain.mean:+.1f} [{gain.low:+.1f}, {gain.high:+.1f}]"
    return f"**{text}**" if gain.holds else text
