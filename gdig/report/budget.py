"""The budget curve as a figure of the report."""

from collections.abc import Sequence
from dataclasses import asdict

from gdig.report.budget_chart import chart, on_page, panels
from gdig.report.budget_points import Point, have_intervals
from gdig.report.figure import Figure, Spec
from gdig.report.selectors import legend


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


def _table_row(point: Point) -> tuple[str, list[str], bool]:
    interval = ["" if value is None else f"{value:.2f}" for value in (point.low, point.high)]
    return point.name, [point.metric, f"{point.budget:,}", f"{point.mean:.2f}", *interval], False
