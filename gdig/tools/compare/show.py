"""Show a comparison as tables, on a terminal or in Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from gdig.report.costs import Total
from gdig.report.display import TITLES, scale_of, title_of

MIN_WIDTH = 110
"""Minimum width of tables; on a narrower terminal, lines wrap and no digit is cut off."""


def wide_console() -> Console:
    """Return a console for the tables, at least as wide as they need."""
    console = Console(highlight=False, markup=False)
    console.width = max(console.width, MIN_WIDTH)
    return console


Costs = Mapping[str, Mapping[str, Total]]
"""Label -> phase -> cost."""


def print_comparison(console: Console, found: Mapping[str, Any], label: str, costs: Costs) -> None:
    """Print the comparison of one side with the reference.

    Args:
        console: console to print to.
        found: result of `compare`.
        label: label of the side.
        costs: known costs of the sides.
    """
    print_tables(console, [*tables(found, label), *_cost_table(costs)])
    for line in remarks(found):
        console.print(line)


def print_tables(console: Console, shown: Iterable[tuple[str, list[str], list[list[str]]]]) -> None:
    """Print tables (title, header, rows) with right-aligned numbers."""
    for title, header, rows in shown:
        table = Table(*header, box=SIMPLE_HEAD)
        for number, column in enumerate(table.columns):
            # Titles may wrap, numbers may not.
            column.min_width = max(len(row[number]) for row in rows)
            column.justify = "right" if number else "left"
        for row in rows:
            table.add_row(*row)
        console.print(title)
        console.print(table)


def markdown(found: Mapping[str, Any], label: str, costs: Costs) -> str:
    """Return the same in GitHub's Markdown."""
    parts = [markdown_table(*table) for table in [*tables(found, label), *_cost_table(costs)]]
    return "\n".join([*parts, *(f"- {line}" for line in remarks(found))]) + "\n"


def markdown_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a titled table in GitHub's Markdown with right-aligned numbers."""
    return "\n".join(
        [f"**{title}**", "", _row(header), _row(["---", *["---:"] * (len(header) - 1)]), *map(_row, rows), ""]
    )


def tables(found: Mapping[str, Any], label: str) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Yield title, header and rows: one table per budget, and one over budgets."""
    reference, level = found["reference"], f"{100 * found['confidence']:.10g}%"
    for budget in found["budgets"].values():
        differences = budget["differences"][label]
        has_tests = any("p" in entry for entry in differences.values())
        header = ["metric", reference, label, "difference"]
        header += [f"{level} interval", "p, Holm", "seeds better"] if has_tests else []
        rows = [
            [
                title_of(metric),
                *(mean_and_sd(metric, budget["values"][metric][side]) for side in (reference, label)),
                *_difference(metric, entry)[: len(header) - 3],
            ]
            for metric, entry in sorted(differences.items(), key=lambda item: _order(*item))
            if metric != "num_pairs" or entry["difference"]
        ]
        title = f"{budget['num_pairs']:,} pairs: {label} against {reference}"
        if overlap := budget["overlap"].get(label):
            title += f" ({overlap['num_common']:,} pairs in common, Jaccard {overlap['jaccard']:.3f})"
        yield title, header, rows
    over = found["over_budgets"].get(label)
    if over and len(found["budgets"]) > 1:
        rows = [[title_of(metric), *_over_budgets(entry)] for metric, entry in sorted(over.items())]
        yield "over budgets", ["metric", "budgets better", "paired t-test, p, Holm"], rows


def mean_and_sd(metric: str, value: Mapping[str, float | None]) -> str:
    """Return a mean and, with several training seeds, its standard deviation."""
    assert value["mean"] is not None
    text = _number(metric, value["mean"])
    return text if value["sd"] is None else f"{text} ± {_number(metric, value['sd'])}"


def signed(metric: str, entry: Mapping[str, Any]) -> str:
    """Return a difference with its sign, and a star if it is significant."""
    return _number(metric, entry["difference"], "+") + (" *" if entry.get("holds") else "")


def remarks(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the notes below the tables."""
    if any("p" in e for b in found["budgets"].values() for own in b["differences"].values() for e in own.values()):
        level = f"{100 * found['confidence']:.10g}%"
        yield f"* holds at {level} after Holm's correction for all tests of a budget (paired bootstrap over segments)"
    yield from found["notes"]


def _cost_table(costs: Costs) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    if costs:
        # The time follows the number of runs.
        rows = [[label, *(cost.cells[1] for cost in phases.values())] for label, phases in costs.items()]
        yield "time of the last runs on this machine", ["", *next(iter(costs.values()))], rows


def _difference(metric: str, entry: Mapping[str, Any]) -> list[str]:
    seeds = str(entry["seeds_won"]) if "seeds_won" in entry else ""
    if "p" not in entry:
        return [signed(metric, entry), "", "", seeds]
    ends = (_number(metric, entry[end], "+") for end in ("low", "high"))
    return [signed(metric, entry), " to ".join(ends), f"{entry['p_holm']:.2g}", seeds]


def _over_budgets(entry: Mapping[str, Any]) -> list[str]:
    p = "no test" if entry["p_holm"] is None else f"{entry['p_holm']:.2g}" + (" *" if entry["holds"] else "")
    return [f"{entry['budgets_won']} of {entry['num_budgets']}", p]


def _order(metric: str, entry: Mapping[str, Any]) -> tuple[bool, bool, str]:
    """Sort key: scores first, then losses, then counts."""
    return "p" not in entry and not is_score(metric), "seeds_won" not in entry, metric


def is_score(metric: str) -> bool:
    """Return whether a metric is a translation score, not a loss or a count."""
    return metric.partition("_")[0] in TITLES


def _number(metric: str, value: float, sign: str = "") -> str:
    if metric == "num_pairs":
        return f"{value:{sign},.0f}"
    return f"{scale_of(metric) * value:{sign}.{2 if is_score(metric) else 3}f}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
