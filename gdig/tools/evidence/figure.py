"""Figure of gains against the noise rate, one line per selector."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gdig.report.charts.figure import Spec
from gdig.report.display import label_of, styles_of, title_of
from gdig.report.gains.cells import FULL, RANDOM, Cell
from gdig.report.gains.intervals import Interval

OVER_RANDOM, OVER_CONTROL = "gain over random", "gain over the best cheap control"


def figure(cells: Sequence[Cell], metric: str) -> Spec:
    """Return a figure with one column per budget and one row per reference.

    Lines run over noise rates; with a single rate, noise kinds are shown side by side.

    Args:
        cells: cells of a grid.
        metric: their metric, for titles.
    """
    rows = list(_rows(cells))
    styles = styles_of(list(dict.fromkeys(row["selector"] for row in rows)))
    labels = [style.label for style in styles.values()]
    over_rates = len({cell.rate for cell in cells}) > 1
    x: Spec = (
        {"field": "rate", "type": "quantitative", "title": "share of noise", "axis": {"format": "~g", "grid": False}}
        if over_rates
        else {"field": "kind", "type": "nominal", "sort": [], "title": "noise", "axis": {"labelAngle": -40}}
    )
    # Offset selectors for kinds only; along rates the offset would change the x value.
    beside: Spec = {} if over_rates else {"xOffset": {"field": "name", "type": "nominal", "sort": labels}}
    # Intervals over two or three pools are much wider than the range of the means, so clip them here. Vega's clip paths
    # get new ids with every rendering.
    bottom, top = _around([row["mean"] for row in rows])
    for row in rows:
        if row["low"] is not None:
            row |= {"low": max(row["low"], bottom), "high": min(row["high"], top)}
    scale = {"domain": [bottom, top], "nice": False}
    gain = {"field": "mean", "type": "quantitative", "title": f"difference in {title_of(metric)}", "scale": scale}
    interval: Spec = {"y": gain | {"field": "low"}, "y2": {"field": "high"}}
    known = [{"filter": "isValid(datum.low)"}]
    bands = [{"transform": known, "mark": {"type": "area", "opacity": 0.1}, "encoding": interval}] if over_rates else []
    rules = {"transform": known, "mark": {"type": "rule", "opacity": 0.55}, "encoding": interval | beside}
    has_intervals = any(row["low"] is not None for row in rows)
    shape = {"field": "name", "type": "nominal", "title": "selector"}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": rows},
        "facet": {
            "row": {"field": "over", "type": "nominal", "sort": [], "title": None, "header": {"labelLimit": 300}},
            "column": {"field": "pairs", "type": "nominal", "sort": [], "title": None},
        },
        "spec": {
            "width": 230,
            "height": 190,
            "encoding": {
                "x": x,
                "color": shape
                | {
                    "scale": {"domain": labels, "range": [style.colour for style in styles.values()]},
                    "legend": {"symbolOpacity": 1},
                },
            },
            "layer": [
                {"mark": {"type": "rule", "color": "#888", "strokeDash": [4, 3]}, "encoding": {
                    "y": {"datum": 0}, "x": None, "color": None}},
                *([*bands, rules] if has_intervals else []),
                *([{"mark": {"type": "line", "strokeWidth": 1.7}, "encoding": {"y": gain}}] if over_rates else []),
                {
                    "mark": {"type": "point", "filled": True, "size": 50, "opacity": 1},
                    "encoding": {
                        "y": gain,
                        "shape": shape | {"scale": {"domain": labels, "range": [s.shape for s in styles.values()]}},
                    }
                    | beside,
                },
            ],
        },
    }  # fmt: skip


def _around(means: Sequence[float]) -> tuple[float, float]:
    """Return a range with all means and 0, with a margin of a third on both sides."""
    low, high = min(0.0, *means), max(0.0, *means)
    spare = (high - low) / 3
    return low - spare, high + spare


def _rows(cells: Sequence[Cell]) -> Iterator[dict[str, Any]]:
    for over, gains_of in ((OVER_RANDOM, _over_random), (OVER_CONTROL, _over_control)):
        for cell in cells:
            for selector, gain in gains_of(cell).items():
                yield {
                    "over": over, "rate": cell.rate, "kind": cell.kind, "pairs": f"{cell.budget:,} pairs",
                    "selector": selector, "name": label_of(selector),
                    "mean": gain.mean, "low": gain.low, "high": gain.high,
                }  # fmt: skip


def _over_random(cell: Cell) -> Mapping[str, Interval]:
    return {name: gain for name, gain in cell.over_random.items() if name != FULL}


def _over_control(cell: Cell) -> Mapping[str, Interval]:
    """Exclude the full pool, which has another number of pairs, and random, which is in the row above."""
    return {name: gain for name, gain in cell.over_control.items() if name not in (FULL, RANDOM)}
