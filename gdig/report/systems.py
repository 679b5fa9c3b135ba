"""Selectors beside systems that were not trained here and beside the paper's numbers: a section of the report."""

from collections.abc import Iterable, Mapping
from typing import Any

from gdig.report.focus import Metrics
from gdig.report.metrics import scale_of, title_of
from gdig.report.paper import Reported
from gdig.report.selectors import label_of
from gdig.report.table import table

_METRICS = ("comet", "bleu", "bleurt")
"""In the order of the paper's Table 1."""
_NONE = "–"


def systems_section(
    metrics: Mapping[str, Metrics],
    budgets: Mapping[str, int],
    systems: Mapping[str, Any],
    reported: Reported,
    focus: str,
) -> str:
    """Return a table in the form of the paper's Table 1; nothing where there are neither systems nor reported numbers.

    Args:
        metrics: of each selector, in the order of their rows.
        budgets: by key.
        systems: as stage `systems` writes them.
        reported: by the paper; its rows are grey.
        focus: selector whose row is stressed.
    """
    external: Mapping[str, Any] = systems["systems"]
    if not external and not reported.scores:
        return ""
    columns = _columns(next(iter(next(iter(metrics.values())).values())))
    greyed = {name: f"{label_of(name)} (reported)" for name in reported.scores}

    def of_paper(name: str) -> tuple[str, list[str], bool]:
        scores = reported.scores[name]
        return greyed[name], [_NONE, *(f"{scores[key]:.2f}" if key in scores else _NONE for key in columns)], False

    rows = [(name, [_NONE, *_cells(external[name]["scores"], columns)], False) for name in sorted(external)]
    rows += [of_paper(name) for name in greyed if name not in metrics]
    for name, entries in metrics.items():
        best = min(budgets, key=lambda key: entries[key]["valid_loss"]["mean"])
        means = {key: value["mean"] for key, value in entries[best].items() if isinstance(value, Mapping)}
        rows.append((label_of(name), [f"{entries[best]['num_pairs']:,}", *_cells(means, columns)], name == focus))
        rows += [of_paper(name)] if name in greyed else []
    parts = [
        "<h2>Systems</h2>",
        "<p>Each selector at the budget of its least validation loss, so that nothing is chosen on the test set; means "
        "over training seeds. COMET and BLEURT times 100.</p>",
        table(["system", "pairs", *map(title_of, columns)], rows, grey=list(greyed.values())),
    ]
    if reported.scores:
        parts.append(
            "<p><small>Grey: reported by Pan et al. 2024 (arXiv 2405.12915, Table 1), trained from other models on "
            "other data and not scored here; the number of pairs is not stated for each row.</small></p>"
        )
    if left := {name: ", ".join(own["left_out"]) for name, own in external.items() if own["left_out"]}:
        parts.append(_left_out(left))
    return "\n".join(parts)


def _columns(entry: Mapping[str, Any]) -> list[str]:
    """Return the metrics of the table: of each test set where there are several."""
    own = [key for key in entry if key.partition("_")[0] in _METRICS]
    own = [key for key in own if "_" in key] or own
    return sorted(own, key=lambda key: (key.partition("_")[2], _METRICS.index(key.partition("_")[0])))


def _cells(scores: Mapping[str, float], columns: Iterable[str]) -> list[str]:
    return [f"{scale_of(key) * scores[key]:.2f}" if key in scores else _NONE for key in columns]


def _left_out(left: Mapping[str, str]) -> str:
    return table(["system", "test sets that it has no translations of"], [(n, [s], False) for n, s in left.items()])
