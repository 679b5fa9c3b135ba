"""Histogram of the share of seeds that candidates help, with the cut of the quality rule."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gdig.io.records import CLEAN
from gdig.report.charts.figure import Figure, Spec

_NUM_BINS = 50
CLEAN_COLOUR, NOISY_COLOUR = "#009E73", "#CC6677"
_PLAIN = "#3FA3DC"


def seeds_helped_figure(
    candidates: Sequence[dict[str, Any]], share_reached: float, kinds: Mapping[str, str] | None
) -> Figure:
    """Return the distribution of the share of seeds helped.

    Args:
        candidates: rows with `share_helped`.
        share_reached: least share of seeds that a survivor helps.
        kinds: noise kind of each id; None without planted noise.
    """
    counts: Counter[tuple[int, str]] = Counter()
    for candidate in candidates:
        number = min(_NUM_BINS - 1, math.floor(candidate["share_helped"] * _NUM_BINS))
        counts[number, _group(candidate["id"], kinds)] += 1
    groups = ["clean", "noise"] if kinds else ["candidates"]
    values = [
        {"from": number / _NUM_BINS, "to": (number + 1) / _NUM_BINS, "pairs": group, "count": counts[number, group]}
        for number in range(_NUM_BINS)
        for group in groups
    ]
    cut = f"cut: {share_reached:.1%} of the seeds"
    colours = [CLEAN_COLOUR, NOISY_COLOUR] if kinds else [_PLAIN]
    return Figure(
        name="seeds_helped",
        title="Share of the seeds that a candidate helps.",
        description=f"Histogram of the share of seeds that candidates help; the quality rule keeps {share_reached:.1%} "
        f"and more.",
        panels={"": _chart(values, groups, colours, share_reached, cut)},
        paper=_chart(values, groups, colours, share_reached, cut) | {"width": 520},
        header=["share of seeds", *groups],
        rows=[
            (
                f"{number / _NUM_BINS:.0%} to {(number + 1) / _NUM_BINS:.0%}",
                [f"{counts[number, group]:,}" for group in groups],
                False,
            )
            for number in range(_NUM_BINS)
        ],
        note="Candidates on the right of the line survive." + (" Colours mark planted noise." if kinds else ""),
        columns=1,
    )


def _group(pair_id: str, kinds: Mapping[str, str] | None) -> str:
    if kinds is None:
        return "candidates"
    return "clean" if kinds[pair_id] == CLEAN else "noise"


def _chart(
    values: Sequence[dict[str, Any]], groups: Sequence[str], colours: Sequence[str], cut: float, label: str
) -> Spec:
    at = {"x": {"datum": cut, "type": "quantitative"}}
    once: Spec = {"values": [{}]}
    return {
        "data": {"values": list(values)},
        "height": 260,
        "layer": [
            {
                "mark": {"type": "bar", "binSpacing": 1},
                "encoding": {
                    "x": {
                        "field": "from",
                        "type": "quantitative",
                        "bin": {"binned": True},
                        "title": "share of the seeds helped",
                        "scale": {"domain": [0, 1]},
                        "axis": {"format": "%", "grid": False, "tickCount": 5},
                    },
                    "x2": {"field": "to"},
                    "y": {"field": "count", "type": "quantitative", "title": "candidates"},
                    "color": {
                        "field": "pairs",
                        "type": "nominal",
                        "title": None,
                        "scale": {"domain": list(groups), "range": list(colours)},
                        "legend": {"orient": "top", "symbolType": "square"} if len(groups) > 1 else None,
                    },
                    "tooltip": [
                        {"field": "from", "type": "quantitative", "format": ".0%", "title": "helps from"},
                        {"field": "to", "type": "quantitative", "format": ".0%"},
                        {"field": "pairs", "type": "nominal"},
                        {"field": "count", "type": "quantitative", "format": ",d"},
                    ],
                },
            },
            {"data": once, "mark": {"type": "rule", "strokeWidth": 2, "strokeDash": [5, 3]}, "encoding": at},
            {
                "data": once,
                "mark": {"type": "text", "align": "right" if cut > 0.5 else "left", "baseline": "top",
                         "dx": -6 if cut > 0.5 else 6, "fontSize": 12},
                "encoding": at | {"y": {"value": 2}, "text": {"value": label}},
            },
        ],
    }  # fmt: skip
