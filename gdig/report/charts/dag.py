"""Draw the stages of the DVC files: selection in the upper band, the stages that all selectors share in the lower one.

Stages of optional selectors that the default profile does not select are left out.

python -m gdig.report.charts.dag FILE.svg
"""

import argparse
import io
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from ruamel.yaml import YAML

from gdig.io.files import write_text
from gdig.run.command import command
from gdig.run.paths import DVC_FILES

# Stage -> column and row of its box, and its colour: data, models and gradients, selection, cells, measures.
DATA, MODEL, SELECT, CELL, SHOW = "#dbe9f6", "#fde8cf", "#d9f0dd", "#f6dbe6", "#e8e4f3"
PLACES: dict[str, tuple[float, float, str]] = {
    "params": (0, 4, DATA),
    "pool": (0, 3, DATA),
    "seeds": (1, 3, DATA),
    "prepare": (2, 3, DATA),
    "base": (3, 3, MODEL),
    "warmup": (4, 3, MODEL),
    "curvature": (5, 5, MODEL),
    "gradients": (5, 4, MODEL),
    "sketch": (5.95, 4.5, MODEL),
    "influence": (6.9, 5, MODEL),
    "quality": (7.8, 5, SELECT),
    "clusters": (8.7, 4, SELECT),
    "controls": (6.9, 6, MODEL),
    "cleanliness": (8.25, 6, SELECT),
    "rank_gdig_joint": (9.9, 6, SELECT),
    "rank_gdig": (9.9, 4, SELECT),
    "rank_gdig_quality": (9.9, 5, SELECT),
    "rank_loss": (9.9, 3, SELECT),
    "rank_base_loss": (9.9, 2.2, SELECT),
    "rank_random": (9.9, 1.4, SELECT),
    "rank_full": (9.9, 0.6, SELECT),
    "subset": (0, -1, CELL),
    "finetune": (1.5, -1, CELL),
    "translate": (3, -1, CELL),
    "score": (4.5, -1, CELL),
    "collect": (6, -1, SHOW),
    "report": (9.9, -1, SHOW),
    "significance": (6, -1.8, SHOW),
    "selection": (7.6, -2.6, SHOW),
    "systems": (6, -2.6, SHOW),
    "dataset": (1.5, -2.6, SHOW),
}
COLUMN, ROW = 1.45, 0.75
WIDTH, HEIGHT = 1.2, 0.46
WIDE = 1.75
LINE = "#888888"


def edges(stages: dict[str, Any]) -> set[tuple[str, str]]:
    """Return (stage, later stage) for each artifact that a later stage reads.

    Left out: the `*_full` cells, which repeat the others; the rankings, which the bus shows; the losses that
    cleanliness reads from two rankings; and all arrows from the upper band to the lower one, except those of the base
    model, from which every cell starts.
    """
    shown = {name: stage for name, stage in stages.items() if name in PLACES}
    owner: dict[str, str] = {}
    for name, stage in shown.items():
        for kind in ("outs", "metrics", "plots"):
            for out in stage.get(kind, []):
                owner[next(iter(out)) if isinstance(out, dict) else out] = name
    found = {
        (source, name)
        for name, stage in shown.items()
        for dep in stage.get("deps", [])
        for out, source in owner.items()
        if out == dep.replace("${influence.estimator}", "sketch") or out.startswith(f"{dep}/")
    }
    found -= {(a, b) for a, b in found if b == "cleanliness" and a.startswith("rank_")}
    return {(a, b) for a, b in found if a == "base" or (PLACES[a][1] > 0) == (PLACES[b][1] > 0)}


def draw(stages: dict[str, Any]) -> str:
    """Return the DAG as SVG without the arrows that others imply."""
    with plt.rc_context({"svg.hashsalt": "gdig", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure, axis = plt.subplots(figsize=(12, 5.6), layout="constrained")
        for a, b in sorted(_reduced(edges(stages))):
            _arrow(axis, a, b)
        _ranking_bus(axis)
        for name, (column, row, colour) in PLACES.items():
            width = _width(name)
            x, y = column * COLUMN, row * ROW
            corner = (x - width / 2, y - HEIGHT / 2)
            style = "round,pad=0,rounding_size=0.1"
            axis.add_patch(
                FancyBboxPatch(
                    corner, width, HEIGHT, boxstyle=style, facecolor=colour, edgecolor="#666666", linewidth=0.8
                )
            )
            axis.text(x, y, name, ha="center", va="center", fontsize=10)
        axis.set_xlim(-0.8, 9.9 * COLUMN + 1.3)
        axis.set_ylim(-3 * ROW, 6.6 * ROW)
        axis.set_axis_off()
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
        plt.close(figure)
    return stream.getvalue()


def _width(name: str) -> float:
    return WIDE if name.startswith("rank_") else WIDTH


def _arrow(axis: Any, a: str, b: str) -> None:
    (c0, r0, _), (c1, r1, _) = PLACES[a], PLACES[b]
    start, end = (c0 * COLUMN + _width(a) / 2, r0 * ROW), (c1 * COLUMN - _width(b) / 2, r1 * ROW)
    if r0 - r1 > 2 and abs(c1 - c0) < 2:  # from the upper band down to the lower one
        start, end = (c0 * COLUMN, r0 * ROW - HEIGHT / 2), (c1 * COLUMN, r1 * ROW + HEIGHT / 2)
    axis.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, color=LINE, linewidth=0.9, shrinkA=0, shrinkB=0)
    )


def _ranking_bus(axis: Any) -> None:
    """Draw the contract of all selectors: a ranking, which the cells and the measures read."""
    right = 9.9 * COLUMN + WIDE / 2
    ranks = [row * ROW for name, (_, row, _) in PLACES.items() if name.startswith("rank_")]
    rail, level = right + 0.25, -0.2 * ROW
    for y in ranks:
        axis.plot([right, rail], [y, y], color=LINE, linewidth=0.9)
    axis.plot([rail, rail, 0], [max(ranks), level, level], color=LINE, linewidth=0.9)
    for name in ("subset", "selection"):
        column, row, _ = PLACES[name]
        ends = (column * COLUMN, level), (column * COLUMN, row * ROW + HEIGHT / 2)
        axis.add_patch(
            FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=9, color=LINE, linewidth=0.9, shrinkA=0, shrinkB=0)
        )
    axis.text(
        4.2 * COLUMN,
        level + 0.06,
        "ranking: ordered ids of the pool, one for each selector",
        fontsize=9,
        color="#444444",
    )
    axis.text(1.5 * COLUMN - WIDTH / 2, -1.75 * ROW, "one cell for each selector and budget; replicates inside",
              fontsize=9, color="#444444")  # fmt: skip


def _reduced(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Drop arrows that a longer path replaces, except a path over sketches, which may be unused."""
    after: dict[str, set[str]] = {name: set() for name in PLACES}
    for a, b in arrows - {("sketch", "influence")}:
        after.setdefault(a, set()).add(b)

    def reaches(start: str, goal: str) -> bool:
        return any(step == goal or reaches(step, goal) for step in after[start])

    return {(a, b) for a, b in arrows if not any(reaches(step, b) for step in after[a] - {b})}


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.report.charts.dag",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("out", type=Path)
    yaml = YAML(typ="safe", pure=True)
    stages: dict[str, Any] = {}
    for file in DVC_FILES:
        stages |= yaml.load(file.read_text(encoding="utf-8"))["stages"]
    write_text(parser.parse_args().out, draw(stages))


if __name__ == "__main__":
    main()
