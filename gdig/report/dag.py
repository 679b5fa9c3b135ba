"""Draw the stages of dvc.yaml, left to right in the order in which data flows.

python -m gdig.report.dag FILE.svg
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

from gdig.files import write_text

WIDTH, HEIGHT = 1.7, 0.5
COLUMN, ROW = 2.25, 0.85
COLOURS = {"data": "#dbe9f6", "model": "#fde8cf", "select": "#d9f0dd", "cell": "#f6dbe6", "show": "#e8e4f3"}
KINDS = {
    "pool": "data", "seeds": "data", "prepare": "data", "base": "model", "warmup": "model", "curvature": "model",
    "gradients": "model", "influence": "model", "subset": "cell", "finetune": "cell", "translate": "cell",
    "score": "cell", "collect": "show", "selection": "show", "report": "show",
}  # fmt: skip


def edges(stages: dict[str, Any]) -> set[tuple[str, str]]:
    """Return (stage, later stage) for every artifact that passes between them; `*_full` cells are left out."""
    shown = {name: stage for name, stage in stages.items() if not name.endswith("_full") or name == "rank_full"}
    owner: dict[str, str] = {}
    for name, stage in shown.items():
        for kind in ("outs", "metrics", "plots"):
            for out in stage.get(kind, []):
                owner[_general(next(iter(out)) if isinstance(out, dict) else out)] = name
    found = set()
    for name, stage in shown.items():
        for dep in map(_general, stage.get("deps", [])):
            for out, source in owner.items():
                if out == dep or out.startswith(f"{dep}/") or _is_ranking(out, dep):
                    found.add((source, name))
    return {(a, b) for a, b in found if a != b}


def draw(stages: dict[str, Any]) -> str:
    """Return the DAG as SVG, edges that follow from others left out."""
    arrows = _reduced(edges(stages))
    names = [name for name in stages if not name.endswith("_full") or name == "rank_full"]
    level = dict.fromkeys(names, 0)
    for _ in names:
        for a, b in arrows:
            level[b] = max(level[b], level[a] + 1)
    place = {}
    columns: dict[int, list[str]] = {}
    for name in names:
        columns.setdefault(level[name], []).append(name)
    for column, members in columns.items():
        for row, name in enumerate(members):
            place[name] = (column * COLUMN, ((len(members) - 1) / 2 - row) * ROW)

    with plt.rc_context({"svg.hashsalt": "gdig", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure, axis = plt.subplots(figsize=(15, 4.2), layout="constrained")
        for a, b in sorted(arrows):
            (x0, y0), (x1, y1) = place[a], place[b]
            axis.add_patch(
                FancyArrowPatch(
                    (x0 + WIDTH / 2, y0), (x1 - WIDTH / 2, y1), arrowstyle="-|>", mutation_scale=9, color="#888888",
                    linewidth=0.9, connectionstyle="arc3,rad=0", shrinkA=0, shrinkB=0,
                )
            )  # fmt: skip
        for name, (x, y) in place.items():
            kind = KINDS.get(name, "select")
            axis.add_patch(
                FancyBboxPatch(
                    (x - WIDTH / 2, y - HEIGHT / 2), WIDTH, HEIGHT, boxstyle="round,pad=0,rounding_size=0.12",
                    facecolor=COLOURS[kind], edgecolor="#666666", linewidth=0.8,
                )
            )  # fmt: skip
            axis.text(x, y, name, ha="center", va="center", fontsize=9)
        axis.set_xlim(-WIDTH, max(x for x, _ in place.values()) + WIDTH)
        heights = [y for _, y in place.values()]
        axis.set_ylim(min(heights) - ROW, max(heights) + ROW)
        axis.set_axis_off()
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
        plt.close(figure)
    return stream.getvalue()


def _general(path: str) -> str:
    return path.replace("${item.profile}/", "")


def _is_ranking(out: str, dep: str) -> bool:
    return dep == "data/rankings/${item.selector}.jsonl" and out.startswith("data/rankings/")


def _reduced(arrows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Drop an edge where a longer way leads to the same stage."""
    after: dict[str, set[str]] = {}
    for a, b in arrows:
        after.setdefault(a, set()).add(b)

    def reaches(start: str, goal: str) -> bool:
        return any(step == goal or reaches(step, goal) for step in after.get(start, ()))

    return {(a, b) for a, b in arrows if not any(reaches(step, b) for step in after[a] - {b})}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.report.dag",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("out", type=Path)
    stages = YAML(typ="safe", pure=True).load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    write_text(parser.parse_args().out, draw(stages))


if __name__ == "__main__":
    main()
