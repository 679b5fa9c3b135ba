"""Significance of the differences from the baseline."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from gdig.report.display import label_of, scale_of, title_of
from gdig.report.render import Row, Table, render


def significance_section(
    found: Mapping[str, Any],
    budgets: Mapping[str, int],
    selectors: Sequence[str],
    focus: str,
    reported: Mapping[str, float],
) -> Markup:
    """Return a table of differences from the baseline per budget, and one of the t-test over budgets.

    Args:
        found: as stage `significance` writes it.
        budgets: by key.
        selectors: in the order of their rows; the baseline has none.
        focus: selector whose rows are stressed.
        reported: p value of `gdig` against `random` over budgets by metric, from the paper; may be empty.
    """
    level = f"{100 * found['confidence']:.10g}%"
    reported = reported if found["baseline"] == "random" else {}
    tables = {
        budget: _budget_table(found["against_baseline"][key], level, selectors, focus)
        for key, budget in budgets.items()
    }
    return render(
        "significance.html.j2",
        baseline=found["baseline"],
        num_seeds=max(entry["n"] for entry in _leaves(found["replicates"])),
        level=level,
        num_samples=found["num_samples"],
        tables=tables,
        over_budgets=_over_budgets(found["over_budgets"], selectors, focus, reported) if len(budgets) > 1 else None,
        has_reported=bool(reported),
    )


def _budget_table(found: Mapping[str, Any], level: str, selectors: Sequence[str], focus: str) -> Table:
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
    return Table(header, rows)


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
    found: Mapping[str, Any], selectors: Sequence[str], focus: str, reported: Mapping[str, float]
) -> Table:
    metrics = sorted(next(iter(found.values()), {}))
    rows: list[Row] = [
        (label_of(name), [_won(found[name][metric]) for metric in metrics], name == focus)
        for name in selectors
        if name in found
    ]
    grey = f"{label_of('gdig')} (reported)"
    if reported:
        rows.append((grey, [f"p {reported[metric]:.2g}" if metric in reported else "–" for metric in metrics], False))
    return Table(["selector", *map(title_of, metrics)], rows, grey=[grey])


def _won(entry: Mapping[str, Any]) -> str:
    p = "no test" if entry["p_holm"] is None else f"p {entry['p_holm']:.2g}" + (" *" if entry["holds"] else "")
    return f"{entry['budgets_won']} of {entry['num_budgets']}, {p}"


def _leaves(replicates: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (entry for budgets in replicates.values() for metrics in budgets.values() for entry in metrics.values())
