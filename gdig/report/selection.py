"""How pairs were selected, in numbers: clusters, planted noise, and the influence engine."""

from collections.abc import Mapping
from html import escape
from typing import Any

from gdig.report.selectors import label_of
from gdig.report.table import table


def clusters_text(selection: Mapping[str, Any], budgets: Mapping[str, int]) -> str:
    """Return the sizes of clusters, and how many of them each subset draws from."""
    clusters = selection["clusters"]
    return "\n".join(
        [
            f"<p>{clusters['num_clusters']:,} clusters of {clusters['size_min']:,} to {clusters['size_max']:,} "
            f"survivors, which come from {clusters['num_origins_covered']} of {clusters['num_origins']} origins.</p>",
            "<h3>Share of clusters that a subset draws from</h3>",
            table(
                ["selector", *(f"{budget:,} pairs" for budget in budgets.values())],
                [
                    (label_of(name), [f"{values[key]:.1%}" for key in budgets], False)
                    for name, values in selection["cluster_coverage"].items()
                ],
                label="Share of clusters that a subset draws from",
            ),
        ]
    )


def noise_text(selection: Mapping[str, Any]) -> str:
    """Return how well survivors match what was planted; nothing where nothing was."""
    found = selection.get("detection")
    if not found:
        return ""
    return (
        f"<h3>Planted noise</h3><p>Survivors: precision {found['precision']:.3f}, recall of clean pairs "
        f"{found['recall']:.3f}. AUC of the share of seeds helped {found['auc']:.3f}, of mean influence "
        f"{found['auc_mean_influence']:.3f}.</p>"
        + table(
            ["noise kind", "rejected"],
            [(kind, [f"{share:.1%}"], False) for kind, share in found["rejected"].items()],
            label="Planted noise that was rejected",
        )
    )


def engine_text(engine: Mapping[str, Any]) -> str:
    """Return how influence was computed, and how far that can be trusted."""
    probe = engine["probe"]
    if engine["estimator"] == "sketch":
        how = f"estimated from sketches of rank {engine['sketch_rank']}"
    else:
        how = ", ".join(f"{route} at {count} linears" for route, count in engine["num_linears"].items())
    return (
        f"<p>{engine['num_candidates']:,} candidates on {engine['num_seeds']:,} seeds, "
        f"{escape(how)}. On a probe of {probe['num_pairs']:,} pairs {probe['sign_agreement']:.1%} of the signs "
        f"agree with those of the plainest computation; Spearman {probe['spearman']:.4f}.</p>"
    )
