"""Figures as SVG text whose bytes depend on the data alone."""

import io
from collections.abc import Mapping
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

from gdig.report.focus import Metrics

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
PANELS = (("bleu", "BLEU"), ("chrf", "chrF"))


def label_of(selector: str) -> str:
    """Return the name of a selector as people write it."""
    return LABELS.get(selector, selector)


def budget_curve(metrics: Mapping[str, Metrics], budgets: Mapping[str, int]) -> str:
    """Return quality against budget, one line a selector with bars of one standard deviation over replicates."""
    settings = {"svg.hashsalt": "gdig", "svg.fonttype": "none", "font.size": 10, "font.family": "sans-serif"}
    with plt.rc_context(settings):
        figure, axes = plt.subplots(1, len(PANELS), figsize=(10, 4), layout="constrained")
        for axis, (key, title) in zip(axes, PANELS, strict=True):
            for selector, values in metrics.items():
                _draw(axis, selector, [values[budget][key] for budget in budgets], list(budgets.values()))
            axis.set_xscale("log", base=2)
            axis.set_xticks(list(budgets.values()), [f"{budget:,}" for budget in budgets.values()])
            axis.minorticks_off()
            axis.set_xlabel("pairs selected")
            axis.set_title(title)
            axis.grid(axis="y", color="#dddddd", linewidth=0.6)
            axis.spines[["top", "right"]].set_visible(False)
        axes[-1].legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return stream.getvalue()


def _draw(axis: Any, selector: str, values: list[Mapping[str, float]], budgets: list[int]) -> None:
    colour, marker = _STYLES.get(selector, _OTHER)
    means = [value["mean"] for value in values]
    if selector == "full":
        axis.axhline(means[0], color=colour, linestyle="--", label=label_of(selector))
        return
    axis.errorbar(
        budgets, means, yerr=[value["sd"] for value in values], color=colour, marker=marker, markersize=5,
        capsize=3, linewidth=2.2 if selector == "gdig" else 1.4, label=label_of(selector),
    )  # fmt: skip
