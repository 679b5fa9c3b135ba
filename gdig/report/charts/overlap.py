"""Heat maps of what the rankings have in common."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gdig.io.ranking import read_ranking
from gdig.report.charts.figure import Figure, Spec
from gdig.report.display import label_of
from gdig.report.efficiency.overlap import Positions, by_chance, jaccards, rank_correlations

_MORE, _LESS = "#1F83C6", "#D55E00"
_PALEST = 0.65
"""Opacity of the value 1, on which numbers must be readable in light and dark mode."""
_MOST_WITH_NUMBERS = 8
"""Most selectors for which numbers fit into the cells."""


def read_positions(path: Path, position_of: Mapping[str, int]) -> Positions:
    """Read a ranking as positions in the pool."""
    return np.array([position_of[i] for i in read_ranking(path)], dtype=np.int64)


def overlap_figure(rankings: Mapping[str, Positions], budgets: Sequence[int], num_candidates: int) -> Figure | None:
    """Return heat maps of the Jaccard index per budget and of rank correlation; None for a single selector.

    Args:
        rankings: positions by selector.
        budgets: budgets in rising order.
        num_candidates: size of the pool.
    """
    if len(rankings) < 2:
        return None
    names = list(rankings)
    every = list(rankings.values())
    matrices = {f"Same pairs of {budget:,}": jaccards(every, budget) for budget in budgets}
    matrices["Rank correlation"] = rank_correlations(every, num_candidates)
    panels = {title: _chart(names, matrix) for title, matrix in matrices.items()}
    chance = ", ".join(f"{by_chance(budget, num_candidates):.3f} at {budget:,}" for budget in budgets)
    return Figure(
        name="overlap",
        title="What selectors have in common.",
        description="Heat maps: share of pairs that the subsets of two selectors have in common, and rank correlation "
        "of their rankings.",
        panels=panels,
        paper={"concat": [chart | {"title": title, "width": 240} for title, chart in panels.items()], "columns": 2},
        header=["selectors", *matrices],
        rows=[
            (
                f"{label_of(one)}, {label_of(other)}",
                [f"{matrix[row, column]:.3f}" for matrix in matrices.values()],
                False,
            )
            for row, one in enumerate(names)
            for column, other in enumerate(names)
            if column > row
        ],
        note=f"Pairs in both subsets over pairs in either (Jaccard); of two random subsets about {chance}. Spearman's "
        "rank correlation is over the whole pool; candidates that a ranking leaves out share its last ranks. Blue: in "
        "common; orange: the other way round.",
    )


def _chart(names: Sequence[str], matrix_SS: NDArray[np.float64]) -> Spec:
    labels = [label_of(name) for name in names]
    values = [
        {
            "one": one,
            "other": other,
            "value": round(float(matrix_SS[row, column]), 4),
            "strength": round(abs(float(matrix_SS[row, column])), 4),
            "sign": "in common" if matrix_SS[row, column] >= 0 else "the other way round",
        }
        for row, one in enumerate(labels)
        for column, other in enumerate(labels)
        if column != row
    ]
    axis: Spec = {"domain": False, "ticks": False, "labelLimit": 130, "labelPadding": 5}
    place: Spec = {
        "y": {"field": "one", "type": "nominal", "sort": labels, "title": None, "axis": axis},
        "x": {"field": "other", "type": "nominal", "sort": labels, "title": None, "axis": axis | {"labelAngle": -40}},
    }
    cells: Spec = {
        "mark": {"type": "rect"},
        "encoding": {
            "color": {
                "field": "sign",
                "type": "nominal",
                "scale": {"domain": ["in common", "the other way round"], "range": [_MORE, _LESS]},
                "legend": None,
            },
            "opacity": {
                "field": "strength",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [0.02, _PALEST]},
                "legend": None,
            },
            "tooltip": [
                {"field": "one", "type": "nominal", "title": "selector"},
                {"field": "other", "type": "nominal", "title": "and"},
                {"field": "value", "type": "quantitative", "format": ".3f"},
            ],
        },
    }
    numbers: Spec = {
        "mark": {"type": "text", "fontSize": 10, "aria": False},
        "encoding": {"text": {"field": "value", "type": "quantitative", "format": ".2f"}},
    }
    return {
        "data": {"values": values},
        "height": max(90, 26 * len(labels)),
        "encoding": place,
        "layer": [cells, numbers] if len(labels) <= _MOST_WITH_NUMBERS else [cells],
    }
