"""How sure the differences from the baseline are: a section of the report."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from gdig.report.metrics import scale_of, title_of
from gdig.report.selectors import label_of
from gdig.report.table import table


def significance_section(
    found: Mapping[str, Any],
    budgets: Mapping[str, int],
    selectors: Sequence[str],
    focus: str,
    reported: Mapping[str, float],
) -> str:
    """Return a table a budget of differences from the baseline, and one of the t-test over budgets.

    Args:
        found: as stage `significance` writes it.
        budgets: by key.
        selectors: in the order of their rows; the baseline is passed over.
        focus: selector whose rows are stressed.
        reported: p value of `gdig` against `random` over budgets by metric, as the paper has them; may be empty.
    """
    level = f"{100 * found['confidence']:.10g}%"
    baseline = escape(label_of(found["baseline"]))
    seeds = max(entry["n"] for entry in _leaves(found["replicates"]))
    parts = [
        "<h2>Significance</h2>",
        f"<p>Differences from {baseline}, means over {seeds} training seed{'s' if seeds > 1 else ''}, with their "
        f"{level} intervals over {found['num_samples']:,} resamples of the segments and two-sided p values. <b>*</b> "
        f"holds at {level} after Holm's correction for all tests of its table. Intervals and p values tell how far the "
        f"choice of segments matters, not that of training seeds: on how many of these a difference is for the better "
        f"stands in brackets.</p>",
        *(
            _budget_table(found["against_baseline"][key], budget, level, selectors, focus)
            for key, budget in budgets.items()
        ),
        "<h3>Over budgets</h3>",
        _over_budgets(
            found["over_budgets"], budgets, selectors, focus, reported if found["baseline"] == "random" else {}
        ),
    ]
    return "\n".join(parts)


def _budget_table(found: Mapping[str, Any], budget: int, level: str, selectors: Sequence[str], focus: str) -> str:
    first: Mapping[str, Any] = next(iter(found.values()), {})
    metrics = sorted(first, key=lambda metric: ("p" not in first[metric], metric))
    header = ["selector"]
    for metric in metrics:
        header += [title_of(metric), *([f"{level} interval", "p", "p, Holm"] if "p" in first[metric] else [])]
    rows = [
        (
            label_of(name),
            [cell for metric in metrics for cell in _difference(found[name][metric], scale_of(metric))],
            name == focus,
        )
        for name in selectors
        if name in found
    ]
    return f"<h3>Budget {budget:,}</h3>" + table(header, rows)


def _difference(entry: Mapping[str, Any], scale: int) -> list[str]:
    difference = f"{scale * entry['difference']:+.2f} ({entry['seeds_won']})"
    if "p" not in entry:
        return [difference]
    return [
        difference + (" *" if entry["holds"] else ""),
        f"{scale * entry['low']:+.2f} to {scale * entry['high']:+.2f}",
        f"{entry['p']:.2g}",
        f"{entry['p_holm']:.2g}",
    ]


def _over_budgets(
    found: Mapping[str, Any],
    budgets: Mapping[str, int],
    selectors: Sequence[str],
    focus: str,
    reported: Mapping[str, float],
) -> str:
    if len(budgets) < 2:
        return "<p>There is one budget; the t-test over budgets needs two.</p>"
    metrics = sorted(next(iter(found.values()), {}))
    rows = [
        (label_of(name), [_won(found[name][metric]) for metric in metrics], name == focus)
        for name in selectors
        if name in found
    ]
    grey = f"{label_of('gdig')} (reported)"
    note = ""
    if reported:
        rows.append((grey, [f"p {reported[metric]:.2g}" if metric in reported else "–" for metric in metrics], False))
        note = (
            "<p><small>Grey: reported by Pan et al. 2024 (arXiv 2405.12915, Table 4), over the paper's own budgets and "
            "without a correction.</small></p>"
        )
    return (
        "<p>Budgets at which the mean is better, and p of a paired two-sided t-test over the budgets after Holm's "
        "correction for all of this table. The full pool has no budgets.</p>"
        + table(["selector", *map(title_of, metrics)], rows, grey=[grey])
        + note
    )


def _won(entry: Mapping[str, Any]) -> str:
    p = "no test" if entry["p_holm"] is None else f"p {entry['p_holm']:.2g}" + (" *" if entry["holds"] else "")
    return f"{entry['budgets_won']} of {entry['num_budgets']}, {p}"


def _leaves(replicates: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (entry for budgets in replicates.values() for metrics in budgets.values() for entry in metrics.values())
