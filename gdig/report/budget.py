"""Scores against the number of pairs, a line a selector: rows for `dvc plots`, and one chart for all that show them.

The page, the files for papers and the template of `dvc plots` (.dvc/plots/budget_curve.json) draw the same chart.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from gdig.report.figure import Figure, Spec
from gdig.report.focus import Metrics
from gdig.report.metrics import scale_of, title_of
from gdig.report.selectors import STYLES, label_of, styles_of

_SCORES = ("comet", "bleu", "bleurt", "chrf")
_NUMBERS = {"parse": {"budget": "number", "mean": "number", "low": "number", "high": "number"}}
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
# The names of the rows, each once: what comes again later is cut out.
_AGAIN = r"/(?<![^|])([^|]+)\|(?=(.*\|)?\1\|)/g"
_NAMES = f"slice(split(replace(join(pluck(data('rows'), 'name'), '|') + '|', {_AGAIN}, ''), '|'), 0, -1)"
_SYMBOLS = {
    "circle": "●", "square": "■", "cross": "✚", "triangle-up": "▲", "triangle-down": "▼", "triangle-right": "▶",
    "triangle-left": "◀", "diamond": "◆", "stroke": "━",
}  # fmt: skip


@dataclass(frozen=True)
class Point:
    """A point of the curve: a row of the file that `dvc plots` reads."""

    selector: str
    name: str
    """As people write it."""
    metric: str
    """Likewise."""
    budget: int
    mean: float
    """Over training seeds."""
    low: float | None
    high: float | None
    """Interval of the mean over training seeds; there is none of a single one."""


def points_of(metrics: Mapping[str, Metrics], budgets: Mapping[str, int], replicates: Mapping[str, Any]) -> list[Point]:
    """Return the points of every score, one after the other as they stand in tables.

    Args:
        metrics: of each selector.
        budgets: by key.
        replicates: as in significance.json, whence the intervals come.
    """
    first = next(iter(next(iter(metrics.values())).values()))
    found = []
    for key in [key for metric in _SCORES for key in first if key.partition("_")[0] == metric]:
        for selector, values in metrics.items():
            for name, budget in budgets.items():
                interval = replicates.get(selector, {}).get(name, {}).get(key, {})
                mean, low, high = (
                    None if value is None else round(scale_of(key) * value, 4)
                    for value in (values[name][key]["mean"], interval.get("low"), interval.get("high"))
                )
                assert mean is not None
                found.append(Point(selector, label_of(selector), title_of(key), budget, mean, low, high))
    return found


def to_csv(points: Iterable[Point]) -> str:
    """Return the points as CSV; an interval that is not there is empty."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(Point.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, points))
    return stream.getvalue()


def chart(
    selectors: Sequence[str],
    focus: str,
    budgets: Sequence[int] | None,
    *,
    intervals: bool,
    revisions: bool = False,
) -> Spec:
    """Return the chart of one metric without data, for rows of `Point`s.

    Args:
        selectors: that have a colour.
        focus: selector whose line is stressed.
        budgets: marks of the axis; None: all that the data have.
        intervals: whether rows have some; a layer of none would set the axes.
        revisions: whether rows have a revision `rev` too, each with dashes of its own.
    """
    styles = styles_of(selectors)
    labels = [style.label for style in styles.values()]
    dash: Spec = {"strokeDash": {"field": "rev", "type": "nominal", "sort": [], "title": "revision"}}
    per_line: Spec = {"detail": [{"field": "rev", "type": "nominal"}]} if revisions else {}
    in_focus = {"test": f"datum.selector === {json.dumps(focus)}"}
    lines = {"filter": "datum.selector !== 'full'"}
    mean = {"field": "mean", "type": "quantitative", "title": None, "scale": {"zero": False}}
    interval: Spec = {"y": {"field": "low", "type": "quantitative", "title": None}, "y2": {"field": "high"}} | per_line
    bands = [
        {"transform": [lines, {"filter": "isValid(datum.low)"}], "mark": mark | {"aria": False}, "encoding": interval}
        for mark in ({"type": "area", "opacity": 0.13}, {"type": "rule", "opacity": 0.55})
    ]
    full_pool = {
        "transform": [{"filter": "datum.selector === 'full'"}],
        "mark": {"type": "rule", "strokeWidth": 1.5, "aria": False},
        "encoding": {"x": None, "y": mean} | (dash if revisions else {}),
    }
    return {
        "encoding": {
            "x": {
                "field": "budget",
                "type": "quantitative",
                "title": "pairs selected",
                "scale": {"type": "log", "base": 2, "nice": False, "padding": 14},
                "axis": {
                    "values": {"expr": "pluck(data('rows'), 'budget')"} if budgets is None else list(budgets),
                    "format": ",d",
                    "grid": False,
                },
            },
            "color": {
                "field": "name",
                "type": "nominal",
                "title": "selector",
                "scale": {"domain": labels, "range": [style.colour for style in styles.values()]},
                "legend": {"symbolOpacity": 1},
            },
        },
        "layer": [
            *(bands if intervals else []),
            *([full_pool] if "full" in selectors else []),
            {
                "transform": [lines],
                "mark": {"type": "line", "aria": False},
                "encoding": {
                    "y": mean,
                    "strokeWidth": {"condition": in_focus | {"value": 3}, "value": 1.7},
                }
                | (dash if revisions else {}),
            },
            {
                "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
                "encoding": {
                    "y": mean,
                    "shape": {
                        "field": "name",
                        "type": "nominal",
                        "title": "selector",
                        "scale": {"domain": labels, "range": [style.shape for style in styles.values()]},
                    },
                    "tooltip": [
                        *([{"field": "rev", "type": "nominal", "title": "revision"}] if revisions else []),
                        {"field": "name", "type": "nominal", "title": "selector"},
                        {"field": "budget", "type": "quantitative", "title": "pairs", "format": ",d"},
                        {"field": "mean", "type": "quantitative", "title": "mean", "format": ".2f"},
                        {"field": "low", "type": "quantitative", "title": "interval from", "format": ".2f"},
                        {"field": "high", "type": "quantitative", "title": "to", "format": ".2f"},
                    ],
                },
            },
        ],
    }


def panels(values: Any, unit: Spec, columns: int) -> Spec:
    """Return a picture with a panel a metric, which is also the template of `dvc plots`."""
    return {
        "$schema": _SCHEMA,
        "data": {"name": "rows", "values": values, "format": _NUMBERS},
        "facet": {"field": "metric", "type": "nominal", "sort": [], "title": None},
        "columns": columns,
        "spec": unit | {"width": 320, "height": 250},
        "resolve": {"scale": {"y": "independent"}, "axis": {"x": "independent"}},
    }


def template() -> Spec:
    """Return the template of `dvc plots`, which puts the rows of every revision where the anchor stands."""
    unit = chart(list(STYLES), "gdig", None, intervals=True, revisions=True)
    # Of the selectors that have a colour, those that the rows have.
    for channel in (unit["encoding"]["color"], unit["layer"][-1]["encoding"]["shape"]):
        channel["legend"] = {"values": {"expr": _NAMES}, "symbolOpacity": 1}
    return panels("<DVC_METRIC_DATA>", unit, 2) | {"title": "<DVC_METRIC_TITLE>"}


def budget_figure(points: Sequence[Point], focus: str, confidence: float) -> Figure:
    """Return the figure of all selectors, a panel a metric.

    Args:
        points: of all selectors and metrics.
        focus: selector whose line is stressed.
        confidence: level of the intervals.
    """
    selectors = list(dict.fromkeys(point.selector for point in points))
    budgets = sorted({point.budget for point in points})
    return Figure(
        name="budget_curve",
        title="Scores against the number of pairs.",
        description="Mean score over training seeds against the number of pairs selected, a line a selector, with "
        "intervals; the full pool is a horizontal line.",
        panels=_page_panels(points, selectors, focus, budgets),
        paper=panels(
            [asdict(point) for point in points],
            chart(selectors, focus, budgets, intervals=have_intervals(points)),
            2,
        ),
        header=["selector", "metric", "pairs", "mean", "low", "high"],
        rows=[_table_row(point) for point in points],
        note=f"Mean over training seeds; bands are {100 * confidence:.10g}% intervals of it, of few seeds their range."
        if have_intervals(points)
        else "One training seed, so that nothing is known of the spread over seeds.",
        legend=legend(selectors),
    )


def _page_panels(
    points: Sequence[Point], selectors: Sequence[str], focus: str, budgets: Sequence[int]
) -> dict[str, Spec]:
    return {
        metric: on_page(selectors, focus, budgets, [point for point in points if point.metric == metric])
        for metric in dict.fromkeys(point.metric for point in points)
    }


def have_intervals(points: Iterable[Point]) -> bool:
    """Return whether any point has an interval."""
    return any(point.low is not None for point in points)


def on_page(selectors: Sequence[str], focus: str, budgets: Sequence[int], points: Sequence[Point]) -> Spec:
    """Return a chart of one metric for the page, whose panels share one legend."""
    unit = chart(selectors, focus, budgets, intervals=have_intervals(points))
    unit["encoding"]["color"]["legend"] = None
    unit["layer"][-1]["encoding"]["shape"]["legend"] = None
    return {"data": {"values": [asdict(point) for point in points]}, "height": 260} | unit


def _table_row(point: Point) -> tuple[str, list[str], bool]:
    interval = ["" if value is None else f"{value:.2f}" for value in (point.low, point.high)]
    return point.name, [point.metric, f"{point.budget:,}", f"{point.mean:.2f}", *interval], False


def legend(selectors: Sequence[str]) -> str:
    """Return the legend of selectors for the page."""
    items = "".join(
        f'<li><span aria-hidden="true" style="color: {style.colour}">{_SYMBOLS[style.shape]}</span> '
        f"{escape(style.label)}</li>"
        for style in styles_of(selectors).values()
    )
    return f'<ul class="legend" aria-label="Selectors">{items}</ul>'
