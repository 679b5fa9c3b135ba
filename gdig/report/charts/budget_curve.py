"""Scores against the number of pairs, one line per selector: for the page, for papers and for `dvc plots`.

python -m gdig.report.charts.budget_curve FILE.json writes the template of `dvc plots` (.dvc/plots/budget_curve.json).
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gdig.io.files import write_text
from gdig.report.charts.figure import Figure, Spec, selector_legend
from gdig.report.display import STYLES, styles_of
from gdig.report.dvc_files import Point, have_intervals
from gdig.report.render import Row
from gdig.run.command import command

_NUMBERS = {"parse": {"budget": "number", "mean": "number", "low": "number", "high": "number"}}
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
# Distinct names of the rows: a name that occurs again later is cut out.
_AGAIN = r"/(?<![^|])([^|]+)\|(?=(.*\|)?\1\|)/g"
_NAMES = f"slice(split(replace(join(pluck(data('rows'), 'name'), '|') + '|', {_AGAIN}, ''), '|'), 0, -1)"


def budget_figure(points: Sequence[Point], focus: str, confidence: float) -> Figure:
    """Return the figure of all selectors, one panel per metric.

    Args:
        points: points of all selectors and metrics.
        focus: selector whose line is stressed.
        confidence: level of the intervals.
    """
    selectors = list(dict.fromkeys(point.selector for point in points))
    budgets = sorted({point.budget for point in points})
    return Figure(
        name="budget_curve",
        title="Scores against the number of pairs.",
        description="Mean score over training seeds against the number of pairs selected, one line per selector, with "
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
        legend=selector_legend(selectors),
    )


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
        selectors: selectors that have a colour.
        focus: selector whose line is stressed.
        budgets: marks of the axis; None: all budgets of the data.
        intervals: whether rows have intervals; an empty layer would set the axes.
        revisions: whether rows have a revision `rev`, each with its own dashes.
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
    """Return a picture with one panel per metric, which is also the template of `dvc plots`."""
    return {
        "$schema": _SCHEMA,
        "data": {"name": "rows", "values": values, "format": _NUMBERS},
        "facet": {"field": "metric", "type": "nominal", "sort": [], "title": None},
        "columns": columns,
        "spec": unit | {"width": 320, "height": 250},
        "resolve": {"scale": {"y": "independent"}, "axis": {"x": "independent"}},
    }


def template() -> Spec:
    """Return the template of `dvc plots`, which replaces the anchor by the rows of every revision."""
    unit = chart(list(STYLES), "gdig", None, intervals=True, revisions=True)
    # The legend names the selectors of the rows only.
    for channel in (unit["encoding"]["color"], unit["layer"][-1]["encoding"]["shape"]):
        channel["legend"] = {"values": {"expr": _NAMES}, "symbolOpacity": 1}
    return panels("<DVC_METRIC_DATA>", unit, 2) | {"title": "<DVC_METRIC_TITLE>"}


def on_page(selectors: Sequence[str], focus: str, budgets: Sequence[int], points: Sequence[Point]) -> Spec:
    """Return a chart of one metric for the page, whose panels share one legend."""
    unit = chart(selectors, focus, budgets, intervals=have_intervals(points))
    unit["encoding"]["color"]["legend"] = None
    unit["layer"][-1]["encoding"]["shape"]["legend"] = None
    return {"data": {"values": [asdict(point) for point in points]}, "height": 260} | unit


def _page_panels(
    points: Sequence[Point], selectors: Sequence[str], focus: str, budgets: Sequence[int]
) -> dict[str, Spec]:
    return {
        metric: on_page(selectors, focus, budgets, [point for point in points if point.metric == metric])
        for metric in dict.fromkeys(point.metric for point in points)
    }


def _table_row(point: Point) -> Row:
    interval = ["" if value is None else f"{value:.2f}" for value in (point.low, point.high)]
    return point.name, [point.metric, f"{point.budget:,}", f"{point.mean:.2f}", *interval], False


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.report.charts.budget_curve",
        description="Write the template with which `dvc plots` draws budget curves.",
    )
    parser.add_argument("out", type=Path, help="such as .dvc/plots/budget_curve.json")
    write_text(parser.parse_args().out, json.dumps(template(), indent=1) + "\n")


if __name__ == "__main__":
    main()
