"""Loss while finetuning the selector in focus."""

import csv
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gdig.report.charts.figure import Figure, Legend, Spec
from gdig.report.display import label_of

_LINES = {"train_loss": ("training", "#3FA3DC"), "valid_loss": ("validation", "#D55E00")}


def read_curves(path: Path) -> list[dict[str, str]]:
    """Read the curves of one cell."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def curves_figure(selector: str, curves: Mapping[str, Sequence[Mapping[str, str]]]) -> Figure:
    """Return the figure, one panel per budget.

    Args:
        selector: the selector in focus.
        curves: rows (seed, step, train_loss, valid_loss) of its cells by the name of their budget.
    """
    means = {f"{budget} pairs": _means(rows) for budget, rows in curves.items()}
    highest = max(point["loss"] for points in means.values() for point in points)
    panels = {title: _chart(points, highest, legend=False) for title, points in means.items()}
    return Figure(
        name="loss_curves",
        title=f"Loss while finetuning: {label_of(selector)}.",
        description="Training and validation loss against the step, means over training seeds, one panel per budget.",
        panels=panels,
        paper={
            "hconcat": [
                _chart(points, highest, legend=True) | {"title": title, "width": 220} for title, points in means.items()
            ]
        },
        header=["pairs", "step", "loss of", "nats per token"],
        rows=[
            (title, [str(point["step"]), point["of"], f"{point['loss']:.4f}"], False)
            for title, points in means.items()
            for point in points
            # Training losses of every step are too many to read.
            if point["of"] == "validation"
        ],
        note="Mean over training seeds, in nats per token. Each seed keeps its weights of least validation loss.",
        legend=Legend("Lines", [("━", colour, name) for name, colour in _LINES.values()]),
        columns=3,
    )


def count_steps(rows: Sequence[Mapping[str, str]]) -> int:
    """Return the training steps of one cell, all seeds together."""
    last: dict[str, int] = {}
    for row in rows:
        last[row["seed"]] = max(last.get(row["seed"], 0), int(row["step"]))
    return sum(last.values())


def _means(rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    points = []
    for key, (name, _) in _LINES.items():
        values: dict[int, list[float]] = {}
        for row in rows:
            if row[key]:
                values.setdefault(int(row["step"]), []).append(float(row[key]))
        points += [
            {"step": step, "of": name, "loss": round(statistics.fmean(values[step]), 4)} for step in sorted(values)
        ]
    return points


def _chart(points: Sequence[dict[str, Any]], highest: float, *, legend: bool) -> Spec:
    domain, colours = zip(*_LINES.values(), strict=True)
    return {
        "data": {"values": list(points)},
        "height": 200,
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "axis": {"grid": False, "tickCount": 5}},
            "y": {"field": "loss", "type": "quantitative", "title": None, "scale": {"domain": [0, highest]}},
            "color": {
                "field": "of",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(domain), "range": list(colours)},
                "legend": {"symbolOpacity": 1} if legend else None,
            },
            "tooltip": [
                {"field": "of", "type": "nominal", "title": "loss of"},
                {"field": "step", "type": "quantitative"},
                {"field": "loss", "type": "quantitative", "format": ".3f"},
            ],
        },
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 1.7, "aria": False}},
            {"transform": [{"filter": "datum.of === 'validation'"}], "mark": {"type": "point", "filled": True}},
        ],
    }
