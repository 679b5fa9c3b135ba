"""The gain to expect on this pool: its estimated noise, and measured gains on pools with similar noise."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from gdig.report.display import label_of
from gdig.report.gains.cells import ALL, Cell
from gdig.report.gains.intervals import Interval, gain_text
from gdig.report.render import Row, Table, render


def expected_gain_section(
    cleanliness: Mapping[str, Any] | None, evidence: Mapping[str, Sequence[Cell]], focus: str
) -> Markup:
    """Return a paragraph and a table; nothing where the noise of the pool was not estimated.

    Args:
        cleanliness: estimate of stage `cleanliness`.
        evidence: cells in BLEU by grid.
        focus: selector whose gains are shown.
    """
    if cleanliness is None:
        return Markup()
    share = cleanliness["noise"]["share"]
    rows = [row for grid, cells in evidence.items() for row in _rows(grid, cells, share, focus)]
    header = ["measured on", "over random", "over the best cheap control", "which"]
    return render(
        "expected_gain.html.j2",
        noise=cleanliness["noise"],
        auc=cleanliness["controls"]["auc"],
        gains=Table(header, rows, label="Gains on pools of about this noise") if rows else None,
        focus=focus,
    )


def nearest_rate(cells: Sequence[Cell], share: float) -> float:
    """Return the measured noise rate that is nearest to a share; the lower of two."""
    return min(sorted({cell.rate for cell in cells}), key=lambda rate: abs(rate - share))


def _rows(grid: str, cells: Sequence[Cell], share: float, focus: str) -> list[Row]:
    own = [cell for cell in cells if cell.kind == ALL and focus in cell.over_random]
    if not own:
        return []
    rate = nearest_rate(own, share)
    return [
        (
            f"{grid}, {rate:.0%} noise, {cell.budget:,} pairs",
            [
                _gain(cell.over_random[focus]),
                _gain(cell.over_control.get(focus)),
                label_of(cell.control) if cell.control else "",
            ],
            False,
        )
        for cell in own
        if cell.rate == rate
    ]


def _gain(gain: Interval | None) -> str:
    return gain_text(gain).strip("*")
