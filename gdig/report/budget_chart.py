"""Scores against the number of pairs, a line a selector: one chart for all that show them.

The page, the files for papers and the template of `dvc plots` (.dvc/plots/budget_curve.json) draw it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gdig.report.budget_points import Point, have_intervals
from gdig.report.figure import Spec
from gdig.report.selectors import STYLES, styles_of

_NUMBERS = {"parse": {"budget": "number", "mean": "number", "low": "number", "high": "number"}}
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
# The names of the rows, each once: what comes again later is cut out.
_AGAIN = r"/(?<![^|])([^|]+)\|(?=(.*\|)?\1\|)/g"
_NAMES = f"slice(split(replace(join(pluck(data('rows'), 'name'), '|') + '|', {_AGAIN}, ''), '|'), 0, -1)"


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


def on_page(selectors: Sequence[str], focus: str, budgets: Sequence[int], points: Sequence[Point]) -> Spec:
    """Return a chart of one metric for the page, whose panels share one legend."""
    unit = chart(selectors, focus, budgets, intervals=have_intervals(points))
    unit["encoding"]["color"]["legend"] = None
    unit["layer"][-1]["encoding"]["shape"]["legend"] = None
    return {"data": {"values": [asdict(point) for point in points]}, "height": 260} | unit
