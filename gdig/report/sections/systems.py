"""Selectors beside external systems and the numbers of the paper."""

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from gdig.report.display import label_of, scale_of, title_of
from gdig.report.dvc_files import Metrics
from gdig.report.paper import Reported
from gdig.report.render import Row, Table, render

_METRICS = ("comet", "bleu", "bleurt")
"""In the order of the paper's Table 1."""
_NONE = "–"


def systems_section(
    metrics: Mapping[str, Metrics],
    budgets: Mapping[str, int],
    systems: Mapping[str, Any],
    reported: Reported,
    focus: str,
) -> Markup:
    """Return a table in the form of the paper's Table 1; nothing where there are neither systems nor reported numbers.

    Args:
        metrics: by selector, in the order of their rows.
        budgets: by key.
        systems: as stage `systems` writes them.
        reported: numbers of the paper; their rows are grey.
        focus: selector whose row is stressed.
    """
    external: Mapping[str, Any] = systems["systems"]
    if not external and not reported.scores:
        return Markup()
    columns = _columns(next(iter(next(iter(metrics.values())).values())))
    greyed = {name: f"{label_of(name)} (reported)" for name in reported.scores}

    def of_paper(name: str) -> Row:
        scores = reported.scores[name]
        return greyed[name], [_NONE, *(f"{scores[key]:.2f}" if key in scores else _NONE for key in columns)], False

    rows: list[Row] = [(name, [_NONE, *_cells(external[name]["scores"], columns)], False) for name in sorted(external)]
    rows += [of_paper(name) for name in greyed if name not in metrics]
    for name, entries in metrics.items():
        best = min(budgets, key=lambda key: entries[key]["valid_loss"]["mean"])
        means = {key: value["mean"] for key, value in entries[best].items() if isinstance(value, Mapping)}
        rows.append((label_of(name), [f"{entries[best]['num_pairs']:,}", *_cells(means, columns)], name == focus))
        rows += [of_paper(name)] if name in greyed else []
    left_out = [(name, [", ".join(own["left_out"])], False) for name, own in external.items() if own["left_out"]]
    return render(
        "systems.html.j2",
        systems=Table(["system", "pairs", *map(title_of, columns)], rows, grey=list(greyed.values())),
        has_reported=bool(reported.scores),
        left_out=Table(["system", "test sets without its translations"], left_out) if left_out else None,
    )


def _columns(entry: Mapping[str, Any]) -> list[str]:
    """Return the metrics of the table: those of each test set where there are several."""
    own = [key for key in entry if key.partition("_")[0] in _METRICS]
    own = [key for key in own if "_" in key] or own
    return sorted(own, key=lambda key: (key.partition("_")[2], _METRICS.index(key.partition("_")[0])))


def _cells(scores: Mapping[str, float], columns: Iterable[str]) -> list[str]:
    return [f"{scale_of(key) * scores[key]:.2f}" if key in scores else _NONE for key in columns]
