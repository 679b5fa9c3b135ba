"""What scores do not show, a table a budget: a section of the report."""

from collections.abc import Mapping

from gdig.report.focus import Metrics
from gdig.report.selectors import label_of
from gdig.report.table import table

_COLUMNS = {
    "empty_share": ("empty", "{:.1%}"),
    "copied_share": ("copies of the source", "{:.1%}"),
    "wrong_language_share": ("wrong language", "{:.1%}"),
    "repetitive_share": ("repetitive", "{:.1%}"),
    "length_ratio": ("length / reference", "{:.2f}"),
}


def sanity_section(metrics: Mapping[str, Metrics], budgets: Mapping[str, int]) -> str:
    """Return the counts beside the scores, means over training seeds; nothing where there are none."""
    first = next(iter(metrics.values()))
    columns = {key: column for key, column in _COLUMNS.items() if all(key in first[budget] for budget in budgets)}
    if not columns:
        return ""
    parts = ["<h2>Sanity of translations</h2>", "<p>What BLEU and chrF do not show; means over training seeds.</p>"]
    for key, budget in budgets.items():
        rows = [
            (label_of(name), [form.format(values[key][column]["mean"]) for column, (_, form) in columns.items()], False)
            for name, values in metrics.items()
        ]
        parts += [f"<h3>Budget {budget:,}</h3>", table(["selector", *(title for title, _ in columns.values())], rows)]
    return "\n".join(parts)
