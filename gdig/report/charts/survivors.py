"""Survivors of the quality rule by origin and, where noise was planted, by noise kind."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gdig.io.records import CLEAN
from gdig.report.charts.figure import Figure, Spec

_MOST = 30
"""Most origins in the picture; the table has all."""
_KEPT, _ALL = "#009E73", "#9aa5b1"


def survivors_figure(
    ids: Sequence[str], survivors: Collection[str], labels: Mapping[str, Mapping[str, Any]], *, has_noise: bool
) -> Figure:
    """Return the figure, one bar per group: its candidates, and how many of them survive.

    Args:
        ids: ids of the candidates.
        survivors: ids of the survivors.
        labels: `origin` and `noise` of each candidate.
        has_noise: whether noise was planted.
    """
    ways = {"origin": "by origin"} | ({"noise": "by noise kind"} if has_noise else {})
    panels: dict[str, Spec] = {}
    rows = []
    for key, title in ways.items():
        total = Counter(str(labels[i][key]) for i in ids)
        kept = Counter(str(labels[i][key]) for i in ids if i in survivors)
        groups = sorted(total, key=lambda group: (group != CLEAN, -kept[group] / total[group], group))
        panels[title] = _chart(groups[:_MOST], total, kept)
        rows += [
            (group, [title, f"{total[group]:,}", f"{kept[group]:,}", f"{kept[group] / total[group]:.1%}"], False)
            for group in groups
        ]
    return Figure(
        name="survivors",
        title="Survivors " + " and ".join(ways.values()) + ".",
        description="Bars: number of candidates and, of them, of survivors of the quality rule, of each group.",
        panels=panels,
        paper={"hconcat": [chart | {"title": title, "width": 240} for title, chart in panels.items()]},
        header=["group", "grouped", "candidates", "survivors", "share"],
        rows=rows,
        note="Grey: candidates; green: those that survive, with their share.",
    )


def _chart(groups: Sequence[str], total: Mapping[str, int], kept: Mapping[str, int]) -> Spec:
    values = [
        {"group": group, "candidates": total[group], "survivors": kept[group],
         "share": round(kept[group] / total[group], 4)}
        for group in groups
    ]  # fmt: skip
    shown = {"axis": {"format": ",d", "tickCount": 4, "grid": False}, "title": "candidates", "type": "quantitative"}
    tooltip = [
        {"field": "group", "type": "nominal"},
        {"field": "candidates", "type": "quantitative", "format": ",d"},
        {"field": "survivors", "type": "quantitative", "format": ",d"},
        {"field": "share", "type": "quantitative", "format": ".1%", "title": "share"},
    ]
    return {
        "data": {"values": values},
        "height": 22 * len(groups),
        "encoding": {
            "y": {"field": "group", "type": "nominal", "sort": None, "title": None,
                  "axis": {"domain": False, "ticks": False, "labelLimit": 130, "labelPadding": 6}},
            "tooltip": tooltip,
        },
        "layer": [
            {
                "mark": {"type": "bar", "color": _ALL, "opacity": 0.45, "height": 14},
                "encoding": {"x": {"field": "candidates"} | shown},
            },
            {"mark": {"type": "bar", "color": _KEPT, "height": 14}, "encoding": {"x": {"field": "survivors"} | shown}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11},
                "encoding": {
                    "x": {"field": "candidates"} | shown,
                    "text": {"field": "share", "type": "quantitative", "format": ".0%"},
                },
            },
        ],
    }  # fmt: skip
