"""How noisy the pool looks, and what selection gained on pools as noisy as that: the evidence, read for this pool."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from gdig.report.gains.cells import ALL, Cell
from gdig.report.gains.intervals import Interval
from gdig.report.gains.text import gain_text
from gdig.report.selectors import label_of
from gdig.report.table import table


def outlook_text(cleanliness: Mapping[str, Any] | None, evidence: Mapping[str, Sequence[Cell]], focus: str) -> str:
    """Return a paragraph and a table; nothing where the pool's noise was not estimated.

    Args:
        cleanliness: what stage `cleanliness` says of the pool.
        evidence: cells in BLEU, by grid.
        focus: the selector whose gains are shown.
    """
    if cleanliness is None:
        return ""
    noise = cleanliness["noise"]
    parts = [
        f"<p>This pool looks about <strong>{noise['share']:.0%} noisy</strong> ({noise['low']:.0%} to "
        f"{noise['high']:.0%}): so many of its pairs are told from the seeds as corrupted copies of the seeds are "
        f"(AUC of these controls {cleanliness['controls']['auc']:.3f}). Noise that neither influence nor losses notice "
        f"is not counted.</p>"
    ]
    rows = [row for grid, cells in evidence.items() for row in _rows(grid, cells, noise["share"], focus)]
    if rows:
        parts += [
            f"<p>What {escape(label_of(focus))} gained on pools of about that noise (<code>docs/choosing.md</code>): "
            f"BLEU, mean over pools with 95% intervals. Another language, model or domain may differ.</p>",
            table(
                ["measured on", "over random", "over the best cheap control", "which"],
                rows,
                label="Gains on pools of about this noise",
            ),
        ]
    return "\n".join(parts)


def nearest_rate(cells: Sequence[Cell], share: float) -> float:
    """Return the noise rate that was measured and is nearest to a share; the lower of two."""
    return min(sorted({cell.rate for cell in cells}), key=lambda rate: abs(rate - share))


def _rows(grid: str, cells: Sequence[Cell], share: float, focus: str) -> list[tuple[str, list[str], bool]]:
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
