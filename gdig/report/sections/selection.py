"""The numbers of selection: clusters, planted noise, and the influence engine."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from gdig.report.display import label_of
from gdig.report.render import Table, render


def clusters_text(selection: Mapping[str, Any], budgets: Mapping[str, int]) -> Markup:
    """Return the sizes of clusters, and the share of clusters from which each subset draws."""
    coverage = Table(
        ["selector", *(f"{budget:,} pairs" for budget in budgets.values())],
        [
            (label_of(name), [f"{values[key]:.1%}" for key in budgets], False)
            for name, values in selection["cluster_coverage"].items()
        ],
        label="Share of clusters that a subset draws from",
    )
    return render("clusters.html.j2", clusters=selection["clusters"], coverage=coverage)


def noise_text(selection: Mapping[str, Any]) -> Markup:
    """Return how well survivors match the clean pairs; nothing where no noise was planted."""
    found = selection.get("detection")
    if not found:
        return Markup()
    rejected = Table(
        ["noise kind", "rejected"],
        [(kind, [f"{share:.1%}"], False) for kind, share in found["rejected"].items()],
        label="Planted noise that was rejected",
    )
    return render("survivors_noise.html.j2", found=found, rejected=rejected)


def engine_text(engine: Mapping[str, Any]) -> Markup:
    """Return how influence was computed, and how accurate it is."""
    return render("engine.html.j2", engine=engine, probe=engine["probe"])
