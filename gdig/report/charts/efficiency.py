"""Selectors in the plane of SDF and PIR: their efficiency curves, and their distance from the baseline.

The figures correspond to Figures 3 and 4 of Liu et al. 2024 (arXiv 2406.14115).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gdig.report.charts.figure import Figure, Spec, selector_legend
from gdig.report.display import label_of, styles_of
from gdig.report.efficiency.compare import Comparison
from gdig.report.efficiency.curve import Point
from gdig.report.efficiency.plane import Baseline, infeasible_area
from gdig.report.efficiency.survey import Survey
from gdig.report.render import Row

_NUM_SAMPLES = 60
"""Points per curve or area."""
_STEEP = 1e6
"""Slope that stands for a vertical border."""
_GREY = "#8A949E"
_HEADER = "selector", "PIR", "pairs", "SDF", "mean"


def curves_figure(survey: Survey, focus: str) -> Figure | None:
    """Return the efficiency curves, one panel per form of PIR; None where no form could be measured."""
    shown = survey.shown()
    if not shown:
        return None
    selectors = _selectors(survey)
    panels = {title: _curves(own, selectors, focus, is_log=survey.is_log) for title, own in shown.items()}
    return Figure(
        name="efficiency_curves",
        title="Efficiency curves.",
        description="PIR, the ratio of the score to that of the full pool, against SDF, the share of the pool that is "
        "trained on: the points of each selector with a fitted curve, and a dashed baseline.",
        panels={title: _without_legend(chart) for title, chart in panels.items()},
        paper=_beside(panels),
        header=[*_HEADER, "sd"],
        rows=[
            _numbers(title, point, "" if point.sd is None else f"{point.sd:.3f}")
            for title, own in shown.items()
            for point in own.points
        ],
        note="Lines are least squares of PIR on ln SDF; bars are standard deviations over training seeds. Dashed: the "
        "baseline, where there is one. At 1 a selector is as good as all pairs.",
        legend=selector_legend(selectors),
    )


def efficiency_figure(survey: Survey, focus: str) -> Figure | None:
    """Return the points against the baseline, one panel per form of PIR; None where no form has a baseline."""
    shown = {title: own for title, own in survey.shown().items() if own.baseline}
    if not shown:
        return None
    selectors = _selectors(survey)
    panels = {title: _plane(survey, own, selectors, focus) for title, own in shown.items()}
    names = {_in_focus(survey, own, focus) for own in shown.values()} if survey.is_best else set()
    named = " and ".join(label_of(name) for name in sorted(names))
    area = (
        f" Shaded: the infeasible area of {named}, to the right; points inside it cannot be compared with it."
        if names
        else " Each budget is shown by itself: selectors at one SDF are compared directly."
    )
    return Figure(
        name="efficiency_plane",
        title="Conditional efficiency.",
        description="PIR against SDF of each selector, with a vertical line to the dashed baseline: its conditional "
        "efficiency.",
        panels={title: _without_legend(chart) for title, chart in panels.items()},
        paper=_beside(panels),
        header=[*_HEADER, "CEff"],
        rows=[
            _numbers(title, own.point, f"{own.ceff:+.3f}")
            for title, comparison in shown.items()
            for own in survey.efficiencies(comparison)
        ],
        note=("Each selector at its best budget. " if survey.is_best else "")
        + "Vertical lines: conditional efficiency, the distance of PIR from the dashed baseline."
        + area,
        legend=selector_legend(selectors),
    )


def _numbers(title: str, point: Point, last: str) -> Row:
    """Return the numbers of a point, under `_HEADER` and one more."""
    cells = [title.removeprefix("PIR "), f"{point.budget:,}", f"{point.sdf:.2%}", f"{point.pir:.3f}", last]
    return label_of(point.selector), cells, False


def _selectors(survey: Survey) -> list[str]:
    return list(dict.fromkeys(own.selector for own in survey.measured))


def _curves(comparison: Comparison, selectors: Sequence[str], focus: str, *, is_log: bool) -> Spec:
    low, high = _ends(comparison.points)
    fitted = [
        {"selector": selector, "name": label_of(selector), "sdf": sdf, "pir": round(curve.at(sdf), 5)}
        for selector, curve in comparison.fits.items()
        if curve
        for sdf in _samples(low, high, is_log=is_log)
    ]
    in_focus = {"test": f"datum.selector === {json.dumps(focus)}"}
    parity: Spec = {
        "data": {"values": [{"pir": 1}]},
        "mark": {"type": "rule", "strokeWidth": 1, "opacity": 0.5, "aria": False},
        "encoding": {"y": _y()},
    }
    line: Spec = {
        "data": {"values": fitted},
        "mark": {"type": "line", "aria": False},
        "encoding": {
            "x": _x(comparison.points, is_log=is_log),
            "y": _y(),
            "color": _colour(selectors),
            "strokeWidth": {"condition": in_focus | {"value": 3}, "value": 1.7},
        },
    }
    bars: Spec = {
        "data": {"values": [row for row in map(_row, comparison.points) if "low" in row]},
        "mark": {"type": "rule", "opacity": 0.6, "aria": False},
        "encoding": {
            "x": _x(comparison.points, is_log=is_log),
            "y": _y() | {"field": "low"},
            "y2": {"field": "high"},
            "color": _colour(selectors),
        },
    }
    layers = [parity, *_baseline(comparison, low, high, is_log=is_log), line, bars]
    return {"height": 280, "layer": [*layers, _points(map(_row, comparison.points), comparison, selectors, is_log)]}


def _plane(survey: Survey, comparison: Comparison, selectors: Sequence[str], focus: str) -> Spec:
    baseline = comparison.baseline
    assert baseline
    is_log = survey.is_log
    low, high = _ends(comparison.points)
    found = survey.efficiencies(comparison)
    heights = [value for own in found for value in (own.point.pir, own.point.pir - own.ceff)]
    pad = 0.12 * (max(heights) - min(heights) or 1)
    domain = [round(min(heights) - pad, 4), round(max(heights) + pad, 4)]
    rows = [_row(own.point) | {"base": round(own.point.pir - own.ceff, 5), "ceff": round(own.ceff, 5)} for own in found]
    y = _y() | {"scale": {"domain": domain, "nice": False}}
    layers = _baseline(comparison, low, high, is_log=is_log, domain=domain)
    if survey.is_best:
        point = {own.point.selector: own.point for own in found}[_in_focus(survey, comparison, focus)]
        layers.append(
            {
                "data": {"values": _wedge(point, baseline, low, high, domain)},
                "mark": {"type": "area", "opacity": 0.2, "color": _GREY, "aria": False},
                "encoding": {
                    "x": _x(comparison.points, is_log=is_log),
                    "y": y | {"field": "from"},
                    "y2": {"field": "to"},
                },
            }
        )
    layers.append(
        {
            "data": {"values": rows},
            "mark": {"type": "rule", "strokeWidth": 1.6, "opacity": 0.8, "aria": False},
            "encoding": {
                "x": _x(comparison.points, is_log=is_log),
                "y": y,
                "y2": {"field": "base"},
                "color": _colour(selectors),
            },
        }
    )
    marks = _points(rows, comparison, selectors, is_log)
    marks["encoding"]["y"] = y
    marks["encoding"]["tooltip"].append({"field": "ceff", "type": "quantitative", "title": "CEff", "format": "+.3f"})
    return {"height": 280, "layer": [*layers, marks]}


def _in_focus(survey: Survey, comparison: Comparison, focus: str) -> str:
    """Return the selector in focus, or the most efficient one where the focus is the full pool, which has no area."""
    found = [own.point.selector for own in survey.efficiencies(comparison)]
    return focus if focus in found else found[0]


def _wedge(point: Point, baseline: Baseline, low: float, high: float, domain: Sequence[float]) -> list[dict[str, Any]]:
    """Return the infeasible area of a point, which lies to its right, up to a fraction, cut at the ends of the axis."""
    area = infeasible_area(point, baseline)
    slopes = [max(-_STEEP, min(_STEEP, slope)) for slope in (area.low, area.high)]
    fractions = sorted({point.sdf, *(sdf for sdf in _samples(low, high, is_log=baseline.is_log) if sdf > point.sdf)})
    return [
        {"sdf": sdf}
        | {
            end: round(min(domain[1], max(domain[0], point.pir + slope * (baseline.x(sdf) - baseline.x(point.sdf)))), 5)
            for end, slope in zip(("from", "to"), slopes, strict=True)
        }
        for sdf in fractions
    ]


def _baseline(
    comparison: Comparison, low: float, high: float, *, is_log: bool, domain: Sequence[float] | None = None
) -> list[Spec]:
    """Return the layer of the baseline within the vertical axis: Vega numbers clip paths differently every time."""
    if not comparison.baseline:
        return []
    samples = ((sdf, comparison.baseline.at(sdf)) for sdf in _samples(low, high, is_log=is_log))
    values = [{"sdf": sdf, "pir": round(pir, 5)} for sdf, pir in samples if not domain or domain[0] <= pir <= domain[1]]
    return [
        {
            "data": {"values": values},
            "mark": {"type": "line", "strokeDash": [6, 4], "strokeWidth": 1.5, "color": _GREY, "aria": False},
            "encoding": {"x": _x(comparison.points, is_log=is_log), "y": _y()},
        }
    ]


def _points(rows: Iterable[Mapping[str, Any]], comparison: Comparison, selectors: Sequence[str], is_log: bool) -> Spec:
    styles = styles_of(selectors)
    return {
        "data": {"values": list(rows)},
        "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
        "encoding": {
            "x": _x(comparison.points, is_log=is_log),
            "y": _y(),
            "color": _colour(selectors),
            "shape": {
                "field": "name",
                "type": "nominal",
                "title": "selector",
                "scale": {
                    "domain": [style.label for style in styles.values()],
                    "range": [style.shape for style in styles.values()],
                },
            },
            "tooltip": [
                {"field": "name", "type": "nominal", "title": "selector"},
                {"field": "budget", "type": "quantitative", "title": "pairs", "format": ",d"},
                {"field": "sdf", "type": "quantitative", "title": "SDF", "format": ".2p"},
                {"field": "pir", "type": "quantitative", "title": "PIR", "format": ".3f"},
            ],
        },
    }


def _row(point: Point) -> dict[str, Any]:
    row: dict[str, Any] = {
        "selector": point.selector,
        "name": label_of(point.selector),
        "budget": point.budget,
        "sdf": point.sdf,
        "pir": round(point.pir, 5),
    }
    if point.sd is not None:
        row |= {"low": round(point.pir - point.sd, 5), "high": round(point.pir + point.sd, 5)}
    return row


def _x(points: Sequence[Point], *, is_log: bool) -> Spec:
    low, high = _ends(points)
    scale: Spec = {"type": "log"} if is_log else {"type": "linear"}
    axis: Spec = {"format": ".2p", "grid": False, "labelOverlap": True}
    if is_log:
        axis["values"] = sorted({point.sdf for point in points})
    else:
        axis["tickCount"] = 5
    scale |= {"domain": [low, high], "nice": False}
    return {"field": "sdf", "type": "quantitative", "title": "SDF: share of the pool", "scale": scale, "axis": axis}


def _y() -> Spec:
    return {"field": "pir", "type": "quantitative", "title": "PIR", "scale": {"zero": False}}


def _colour(selectors: Sequence[str]) -> Spec:
    styles = styles_of(selectors)
    return {
        "field": "name",
        "type": "nominal",
        "title": "selector",
        "scale": {
            "domain": [style.label for style in styles.values()],
            "range": [style.colour for style in styles.values()],
        },
    }


def _ends(points: Sequence[Point]) -> tuple[float, float]:
    """Return the ends of the horizontal axis, a little beyond the points."""
    fractions = [point.sdf for point in points]
    return 0.8 * min(fractions), 1.25 * max(fractions)


def _samples(low: float, high: float, *, is_log: bool) -> list[float]:
    steps = [number / (_NUM_SAMPLES - 1) for number in range(_NUM_SAMPLES)]
    if is_log:
        return [float(f"{low * (high / low) ** step:.6g}") for step in steps]
    return [float(f"{low + (high - low) * step:.6g}") for step in steps]


def _without_legend(chart: Spec) -> Spec:
    """Return the chart for the page, whose panels share a legend."""
    layers = []
    for layer in chart["layer"]:
        encoding = {
            channel: (own | {"legend": None} if channel in ("color", "shape") else own)
            for channel, own in layer["encoding"].items()
        }
        layers.append(layer | {"encoding": encoding})
    return chart | {"layer": layers}


def _beside(panels: Mapping[str, Spec]) -> Spec:
    return {"hconcat": [chart | {"title": title, "width": 320} for title, chart in panels.items()]}
