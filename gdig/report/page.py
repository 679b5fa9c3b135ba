"""The report: one HTML page that needs no network."""

from collections.abc import Mapping
from html import escape
from typing import Any

from gdig.config import Report
from gdig.report.data import cleaning_section, sources_section
from gdig.report.figures import label_of
from gdig.report.focus import Metrics
from gdig.report.metrics import scale_of, title_of
from gdig.report.paper import Reported
from gdig.report.sanity import sanity_section
from gdig.report.significance import significance_section
from gdig.report.systems import systems_section
from gdig.report.table import table

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child, .text th, .text td { text-align: start; }
td { white-space: nowrap; }
.text td { white-space: normal; }
summary { cursor: pointer; }
.scroll { overflow-x: auto; }
.figure { background: #fff; border-radius: .5rem; padding: .5rem; }
.figure svg { width: 100%; height: auto; display: block; }
.focus td { font-weight: 600; }
.reported td { opacity: .5; font-style: italic; }
.note { border-left: 4px solid #D55E00; padding-left: 1rem; }
small { opacity: .75; }
"""
_SCORES = ("bleu", "comet", "bleurt", "chrf")
_LOSSES = ("valid_loss", "seed_loss")


def page(
    profile: str,
    settings: Report,
    metrics: Mapping[str, Metrics],
    budgets: Mapping[str, int],
    *,
    systems: Mapping[str, Any],
    reported: Reported,
    significance: Mapping[str, Any],
    selection: Mapping[str, Any],
    engine: Mapping[str, Any],
    provenance: Mapping[str, Any],
    rejects: Mapping[str, Any],
    figure: str,
    curves: str,
) -> str:
    """Return the page: scores, other systems, how sure differences are, the selection, sources, rejects."""
    sections = [
        f"<h1>G-DIG report: {escape(profile)}</h1>",
        _quality_note(selection["quality"]),
        f'<div class="figure">{figure[figure.index("<svg") :]}</div>',
        f"<p><small>{_spread_note(metrics)}</small></p>",
        *(_budget_table(metrics, key, budget, settings) for key, budget in budgets.items()),
        systems_section(metrics, budgets, systems, reported, settings.focus),
        significance_section(significance, budgets, list(metrics), settings.focus, reported.p_values),
        sanity_section(metrics, budgets),
        curves,
        _selection_section(selection, budgets),
        _engine_section(engine),
        sources_section(provenance),
        cleaning_section(rejects),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>G-DIG report: {escape(profile)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>\n<body>\n'
        + "\n".join(sections)
        + "\n</body></html>\n"
    )


def _quality_note(quality: Mapping[str, Any]) -> str:
    kept = f"{quality['num_survivors']:,} of {quality['num_candidates']:,} candidates survive"
    if quality["share_reached"] == 1:
        return f"<p>Quality rule: {kept}; each helps all {quality['num_seeds']} seeds (equation 4).</p>"
    strict = f"Only {quality['num_strict']:,} help" if quality["num_strict"] else "None helps"
    return (
        f'<p class="note"><strong>Quality rule relaxed:</strong> {kept}, helping at least '
        f"{quality['share_reached']:.1%} of the {quality['num_seeds']} seeds. {strict} every seed (equation 4), and "
        f"{quality['min_survivors']:,} survivors are asked for.</p>"
    )


def _budget_table(metrics: Mapping[str, Metrics], key: str, budget: int, settings: Report) -> str:
    first = next(iter(metrics.values()))[key]
    labelled = "clean_share" in first
    scores = [key for metric in _SCORES for key in first if key.partition("_")[0] == metric]
    rows = []
    for name, values in metrics.items():
        entry = values[key]
        cells = [f"{entry['num_pairs']:,}"]
        cells += [_mean_and_sd(entry[metric], "{:.1f}", scale_of(metric)) for metric in scores]
        cells += [_mean_and_sd(entry[metric], "{:.3f}", 1) for metric in _LOSSES]
        cells += [f"{entry['clean_share']:.1%}"] if labelled else []
        rows.append((label_of(name), cells, name == settings.focus))
    header = [
        "selector",
        "pairs",
        *map(title_of, [*scores, *_LOSSES]),
        *(["clean pairs"] if labelled else []),
    ]
    return f"<h2>Budget {budget:,}</h2>" + table(header, rows)


def _spread_note(metrics: Mapping[str, Metrics]) -> str:
    entry = next(iter(next(iter(metrics.values())).values()))
    if entry["bleu"]["sd"] is None:
        return "One training seed, so that nothing is known of the spread over seeds."
    return "Mean over training seeds; bars show one standard deviation."


def _mean_and_sd(value: Mapping[str, float | None], form: str, scale: int) -> str:
    mean, sd = value["mean"], value["sd"]
    assert mean is not None
    return form.format(scale * mean) + ("" if sd is None else f" ± {form.format(scale * sd)}")


def _selection_section(selection: Mapping[str, Any], budgets: Mapping[str, int]) -> str:
    clusters = selection["clusters"]
    parts = [
        "<h2>Selection</h2>",
        f"<p>{clusters['num_clusters']:,} clusters of {clusters['size_min']:,} to {clusters['size_max']:,} survivors; "
        f"survivors come from {clusters['num_origins_covered']} of {clusters['num_origins']} origins.</p>",
        "<h3>Share of clusters that a subset draws from</h3>",
        table(
            ["selector", *(f"{budget:,}" for budget in budgets.values())],
            [
                (label_of(name), [f"{values[key]:.1%}" for key in budgets], False)
                for name, values in selection["cluster_coverage"].items()
            ],
        ),
    ]
    if found := selection.get("detection"):
        parts += [
            "<h3>Planted noise</h3>",
            f"<p>Survivors: precision {found['precision']:.3f}, recall of clean pairs {found['recall']:.3f}. "
            f"AUC of the share of seeds helped {found['auc']:.3f}, of mean influence "
            f"{found['auc_mean_influence']:.3f}.</p>",
            table(
                ["noise kind", "rejected"],
                [(kind, [f"{share:.1%}"], False) for kind, share in found["rejected"].items()],
            ),
        ]
    return "\n".join(parts)


def _engine_section(engine: Mapping[str, Any]) -> str:
    probe = engine["probe"]
    if engine["estimator"] == "sketch":
        how = f"estimated from sketches of rank {engine['sketch_rank']}"
    else:
        how = ", ".join(f"{route} at {count} linears" for route, count in engine["num_linears"].items())
    return (
        f"<h2>Influence</h2><p>{engine['num_candidates']:,} candidates on {engine['num_seeds']:,} seeds, "
        f"{escape(how)}. On a probe of {probe['num_pairs']:,} pairs {probe['sign_agreement']:.1%} of the signs "
        f"agree with those of the plainest computation; Spearman {probe['spearman']:.4f}.</p>"
    )
