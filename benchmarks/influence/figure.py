"""Draw what `benchmarks.influence` measured: costs of the engines over those of a training pass.

python -m benchmarks.influence.figure FILE.jsonl FILE.svg
"""

import argparse
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

from gdig.io.files import write_text
from gdig.run.command import command

WIDTH = 7.3
"""Inches: 700 pixels on a page."""
SCORE, FIT, LINE = "#D55E00", "#56B4E9", "#555555"
THICKNESS = 0.38
LIMITS = {"floor": "floor", "train": "training pass"}
"""Rows that are drawn as lines, and what they are called."""


def draw(rows: Sequence[dict[str, Any]]) -> str:
    """Return the figure as SVG: two bars an engine, the cheapest to score with on top.

    Raises:
        ValueError: rows of more than one workload, or none that was measured.
    """
    measured = [row for row in rows if "score_ratio" in row]
    workloads = {(row["shape"], row["n"], row["m"]) for row in measured}
    if len(workloads) != 1:
        found = ", ".join(f"{shape} n={n} m={m}" for shape, n, m in sorted(workloads)) or "none"
        raise ValueError(f"a figure shows one workload; measured here: {found}")
    shape, n, m = workloads.pop()
    engines = sorted((row for row in measured if row["engine"] not in LIMITS), key=lambda row: row["score_ratio"])
    settings = {"svg.hashsalt": "gdig", "svg.fonttype": "none", "font.size": 10, "font.family": "sans-serif"}
    with plt.rc_context(settings):
        figure, axis = plt.subplots(figsize=(WIDTH, 1.3 + 0.42 * len(engines)), layout="constrained")
        _bars(axis, engines, "score_ratio", -THICKNESS / 2, SCORE, f"score: {m} seeds, {n:,} candidates")
        _bars(axis, engines, "fit_ratio", THICKNESS / 2, FIT, "fit: curvature")
        limits = {row["engine"]: row["score_ratio"] for row in measured} | {"train": 1.0}
        for name, label in LIMITS.items():
            if name in limits:
                axis.axvline(limits[name], color=LINE, linewidth=1, linestyle="--" if name == "floor" else "-")
                axis.annotate(label, (limits[name], 1), (0, 3), xycoords=("data", "axes fraction"),
                              textcoords="offset points", ha="center", fontsize=9, color=LINE)  # fmt: skip
        axis.set_yticks(range(len(engines)), [row["engine"] for row in engines])
        axis.invert_yaxis()
        axis.tick_params(axis="y", length=0)
        axis.margins(x=0.08)
        axis.set_xlabel(f"cost over that of a training pass over the candidates (shape {shape})")
        axis.spines[["top", "right"]].set_visible(False)
        figure.legend(frameon=False, loc="outside upper right", ncols=2, fontsize=9)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
        plt.close(figure)
    return stream.getvalue()


def _bars(axis: Any, engines: Sequence[dict[str, Any]], key: str, shift: float, colour: str, label: str) -> None:
    places = [place + shift for place, row in enumerate(engines) if key in row]
    values = [row[key] for row in engines if key in row]
    bars = axis.barh(places, values, THICKNESS, color=colour, label=label)
    axis.bar_label(
        bars, fmt="%.2f", padding=3, fontsize=8, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    )


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.influence.figure",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("rows", type=Path, help="JSON lines that `python -m benchmarks.influence --out` wrote")
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    lines = arguments.rows.read_text(encoding="utf-8").splitlines()
    write_text(arguments.out, draw([json.loads(line) for line in lines]))


if __name__ == "__main__":
    main()
