"""The influence matrix as a heat map with a fixed number of cells, however large the pool.

Shapes: N candidates, M seeds, R rows and C columns of cells.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdig.io.matrix import read_rows
from gdig.report.charts.figure import Figure, Legend, Spec

NUM_ROWS, NUM_COLUMNS = 40, 48
CHUNK = 1 << 16
"""Candidates per read."""
_STRONG = 2.0
"""Multiple of the mean absolute influence that has full colour."""
HELPS, HARMS = "#1F83C6", "#D55E00"


def chunks(folder: Path, column: str, num_rows: int) -> Iterator[tuple[range, list[str], NDArray[np.float32]]]:
    """Yield a matrix piece by piece: positions, ids, and rows."""
    for start in range(0, num_rows, CHUNK):
        rows = range(start, min(start + CHUNK, num_rows))
        yield rows, *read_rows(folder, column, rows)


def influence_figure(folder: Path, candidates: Sequence[dict[str, Any]]) -> Figure:
    """Return the heat map: the most helpful candidates on top, the seeds that most candidates help on the left.

    Args:
        folder: influence in shards.
        candidates: rows with `share_helped` and `mean_influence`, in the order of the shards.
    """
    order = sorted(
        range(len(candidates)),
        key=lambda n: (-candidates[n]["share_helped"], candidates[n]["mean_influence"], candidates[n]["id"]),
    )
    num_rows = min(NUM_ROWS, len(order))
    row_N = np.empty(len(order), dtype=np.int64)
    row_N[order] = np.arange(len(order)) * num_rows // len(order)
    sum_RM, helped_RM, size = _sums(folder, row_N, num_rows)
    count_R = np.bincount(row_N, minlength=num_rows)

    num_columns = min(NUM_COLUMNS, sum_RM.shape[1])
    # Seeds of equal share keep their order.
    seeds = np.argsort(-helped_RM.sum(axis=0), kind="stable")
    column_M = np.empty(len(seeds), dtype=np.int64)
    column_M[seeds] = np.arange(len(seeds)) * num_columns // len(seeds)
    to_columns = np.eye(num_columns)[column_M]
    pairs_RC = count_R[:, None] * to_columns.sum(axis=0)[None]
    mean_RC = (sum_RM @ to_columns) / pairs_RC / max(size, np.finfo(float).tiny)
    helped_RC = (helped_RM @ to_columns) / pairs_RC
    firsts = np.concatenate([[0], np.cumsum(count_R)[:-1]])
    values = [
        {
            "row": row,
            "column": column,
            "candidates": f"{firsts[row] + 1:,} to {firsts[row] + count_R[row]:,} of {len(order):,}",
            "influence": round(float(mean_RC[row, column]), 3),
            "helped": round(float(helped_RC[row, column]), 3),
            "strength": round(min(1.0, abs(float(mean_RC[row, column])) / _STRONG), 3),
            "effect": "helps" if mean_RC[row, column] < 0 else "harms",
        }
        for row in range(num_rows)
        for column in range(num_columns)
    ]
    by_row = [
        (
            f"{firsts[row] + 1:,} to {firsts[row] + count_R[row]:,}",
            [f"{mean_RC[row].mean():+.3f}", f"{helped_RC[row].mean():.1%}", f"{helped_RC[row].min():.1%}",
             f"{helped_RC[row].max():.1%}"],
            False,
        )
        for row in range(num_rows)
    ]  # fmt: skip
    return Figure(
        name="influence",
        title="Influence of candidates on seeds.",
        description="Heat map: mean influence of groups of candidates, sorted by the share of seeds that they help, on "
        "groups of seeds, sorted likewise.",
        panels={"": _chart(values, num_rows, legend=False)},
        paper=_chart(values, num_rows, legend=True) | {"width": 520},
        header=["candidates, most helpful first", "mean influence", "pairs helped", "least of a column", "most"],
        rows=by_row,
        note=f"Each cell is the mean over some candidates and seeds, in units of the mean size of influence. "
        f"Candidates that help most seeds are on top, seeds that most candidates help on the left. Full colour: "
        f"{_STRONG:g} and more; paler is closer to zero.",
        legend=Legend("Colours", [("■", HELPS, "helps: lowers the loss"), ("■", HARMS, "harms: raises it")]),
        columns=1,
    )


def _sums(
    folder: Path, row_N: NDArray[np.int64], num_rows: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return sum of influence and number helped for each row of cells and seed, and the mean absolute influence."""
    sums: list[NDArray[np.float64]] = []
    size = 0.0
    for rows, _, influence_NM in chunks(folder, "influence", len(row_N)):
        if not sums:
            sums = [np.zeros((num_rows, influence_NM.shape[1])) for _ in range(2)]
        own = row_N[rows.start : rows.stop]
        order = np.argsort(own, kind="stable")
        there, starts = np.unique(own[order], return_index=True)
        for total, values in zip(sums, (influence_NM, influence_NM < 0), strict=True):
            total[there] += np.add.reduceat(values[order], starts, axis=0, dtype=np.float64)
        size += float(np.abs(influence_NM).sum(dtype=np.float64))
    return sums[0], sums[1], size / (len(row_N) * sums[0].shape[1])


def _chart(values: Sequence[dict[str, Any]], num_rows: int, *, legend: bool) -> Spec:
    axis = {"labels": False, "ticks": False, "domain": False, "titlePadding": 8}
    return {
        "data": {"values": list(values)},
        "height": max(160, 8 * num_rows),
        "mark": {"type": "rect", "aria": False},
        "encoding": {
            "x": {"field": "column", "type": "ordinal", "title": "seeds", "axis": axis, "scale": {"padding": 0}},
            "y": {"field": "row", "type": "ordinal", "title": "candidates", "axis": axis, "scale": {"padding": 0}},
            "color": {
                "field": "effect",
                "type": "nominal",
                "title": None,
                "scale": {"domain": ["helps", "harms"], "range": [HELPS, HARMS]},
                "legend": {"orient": "top", "symbolType": "square"} if legend else None,
            },
            "opacity": {
                "field": "strength",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [0, 1]},
                "legend": None,
            },
            "tooltip": [
                {"field": "candidates", "type": "nominal"},
                {"field": "influence", "type": "quantitative", "title": "mean influence", "format": "+.2f"},
                {"field": "helped", "type": "quantitative", "title": "pairs helped", "format": ".0%"},
            ],
        },
    }
