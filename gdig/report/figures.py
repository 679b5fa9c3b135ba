"""Figures as SVG text whose bytes depend on the data alone."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

from gdig.report.focus import Metrics
from gdig.report.metrics import scale_of, title_of

# One colour and marker a selector, whichever others are in the run (Okabe-Ito palette, and two beyond it).
_STYLES = {
    "gdig": ("#D55E00", "o"),
    "gdig_quality": ("#E69F00", "s"),
    "base_loss": ("#0072B2", "^"),
    "loss": ("#56B4E9", "v"),
    "random": ("#555555", "D"),
    "gdig_embedding": ("#CC79A7", "p"),
    "reward": ("#8C6D31", "P"),
    "mods": ("#6A3D9A", "*"),
    "full": ("#009E73", ""),
}
_OTHER = ("#999999", "x")
LABELS = {
    "gdig": "G-DIG",
    "gdig_quality": "G-DIG without diversity",
    "full": "full pool",
    "base_loss": "base loss",
    "gdig_embedding": "G-DIG, embedding clusters",
    "mods": "MoDS",
}
SVG_SETTINGS = {"svg.hashsalt": "gdig", "svg.fonttype": "none", "font.size": 10, "font.family": "sans-serif"}
PANELS = ("bleu", "chrf", "comet", "bleurt")
"""As far as they are measured."""


def label_of(selector: str) -> str:
    """Return the name of a selector as people write it."""
    return LABELS.get(selector, selector)


def budget_curve(metrics: Mapping[str, Metrics], budgets: Mapping[str, int]) -> str:
    """Return quality against budget, one line a selector with bars of one standard deviation over replicates."""
    measured = next(iter(next(iter(metrics.values())).values()))
    panels = [key for key in PANELS if key in measured]
    with plt.rc_context(SVG_SETTINGS):
        num_rows = math.ceil(len(panels) / 2)
        figure, grid = plt.subplots(num_rows, 2, figsize=(10, 4 * num_rows), layout="constrained", squeeze=False)
        for empty in grid.flat[len(panels) :]:
            empty.set_axis_off()
        for axis, key in zip(grid.flat, panels, strict=False):
            for selector, values in metrics.items():
                _draw(
                    axis, selector, [values[budget][key] for budget in budgets], list(budgets.values()), scale_of(key)
                )
            axis.set_xscale("log", base=2)
            axis.set_xticks(list(budgets.values()), [f"{budget:,}" for budget in budgets.values()])
            axis.minorticks_off()
            axis.set_xlabel("pairs selected")
            axis.set_title(title_of(key))
            axis.grid(axis="y", color="#dddddd", linewidth=0.6)
            axis.spines[["top", "right"]].set_visible(False)
        grid[0, -1].legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return stream.getvalue()


def _draw(axis: Any, selector: str, values: Sequence[Mapping[str, Any]], budgets: list[int], scale: int) -> None:
    colour, marker = _STYLES.get(selector, _OTHER)
    means = [scale * value["mean"] for value in values]
    if selector == "full":
        axis.axhline(means[0], color=colour, linestyle="--", label=label_of(selector))
        return
    # Of one training seed there is no spread.
    bars = None if values[0]["sd"] is None else [scale * value["sd"] for value in values]
    axis.errorbar(
        budgets, means, yerr=bars, color=colour, marker=marker, markersize=5,
        capsize=3, linewidth=2.2 if selector == "gdig" else 1.4, label=label_of(selector),
    )  # fmt: skip
