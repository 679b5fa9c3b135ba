"""Loss curves of the selector in focus: a section of the report."""

import csv
import io
import statistics
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from matplotlib import pyplot as plt

from gdig.report.figures import SVG_SETTINGS, label_of

# Okabe-Ito colours that differ in lightness too; validation has markers besides.
_LINES = (("train_loss", "training", "#56B4E9", ""), ("valid_loss", "validation", "#D55E00", "o"))


def read_curves(path: Path) -> list[dict[str, str]]:
    """Read the curves of one cell."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def curves_section(selector: str, curves: Mapping[str, Sequence[Mapping[str, str]]]) -> str:
    """Return the section.

    Args:
        selector: the selector in focus.
        curves: rows (seed, step, train_loss, valid_loss) of its cells, by the name of their budget.
    """
    figure = _figure(curves)
    return (
        f"<h2>Loss while finetuning</h2><p>{escape(label_of(selector))}; mean over training seeds, nats a token. The "
        f"weights of least validation loss are kept, of each seed.</p>"
        f'<div class="figure">{figure[figure.index("<svg") :]}</div>'
    )


def _figure(curves: Mapping[str, Sequence[Mapping[str, str]]]) -> str:
    with plt.rc_context(SVG_SETTINGS):
        figure, axes = plt.subplots(1, len(curves), figsize=(10, 3), sharey=True, squeeze=False, layout="constrained")
        for axis, (budget, rows) in zip(axes[0], curves.items(), strict=True):
            _draw(axis, rows)
            axis.set_title(f"{budget} pairs")
            axis.set_xlabel("step")
            axis.grid(axis="y", color="#dddddd", linewidth=0.6)
            axis.spines[["top", "right"]].set_visible(False)
        axes[0][-1].legend(frameon=False)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return stream.getvalue()


def _draw(axis: Any, rows: Sequence[Mapping[str, str]]) -> None:
    for key, label, colour, marker in _LINES:
        values: dict[int, list[float]] = {}
        for row in rows:
            if row[key]:
                values.setdefault(int(row["step"]), []).append(float(row[key]))
        steps = sorted(values)
        means = [statistics.fmean(values[step]) for step in steps]
        axis.plot(steps, means, color=colour, marker=marker or None, label=label, linewidth=1.6)
