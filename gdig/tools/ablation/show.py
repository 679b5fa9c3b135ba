"""Show the results of an ablation, one row per arm."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from gdig.report.display import title_of
from gdig.tools.ablation.arms import Arm
from gdig.tools.compare.show import is_score, markdown_table, mean_and_sd, print_tables, remarks, signed


def print_ablation(console: Console, found: Mapping[str, Any], arms: Sequence[Arm]) -> None:
    """Print one table per metric.

    Args:
        console: console to print to.
        found: result of `gdig.tools.compare.pair.compare` for the arms' sides.
        arms: arms, in order.
    """
    print_tables(console, tables(found, arms))
    for line in remarks(found):
        console.print(line)


def markdown(found: Mapping[str, Any], arms: Sequence[Arm]) -> str:
    """Return the same in GitHub's Markdown."""
    parts = [markdown_table(*table) for table in tables(found, arms)]
    return "\n".join([*parts, *(f"- {line}" for line in remarks(found))]) + "\n"


def tables(found: Mapping[str, Any], arms: Sequence[Arm]) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Yield title, header and rows: one table per score, one of precision if labels are known, one of overlap."""
    budgets = found["budgets"].values()
    header = ["arm", *(f"{budget['num_pairs']:,} pairs" for budget in budgets)]
    first = next(iter(budgets))
    metrics = [metric for metric in first["values"] if is_score(metric)]
    for metric in [*metrics, *(["clean_share"] if "clean_share" in first["values"] else [])]:
        title = f"{title_of(metric)} (difference from {arms[0].name})"
        yield title, header, [[arm.name, *(_cell(budget, metric, arm) for budget in budgets)] for arm in arms]
    overlaps = [[arm.name, *(_overlap(budget, arm) for budget in budgets)] for arm in arms[1:]]
    yield f"Jaccard index of the subset with that of {arms[0].name}", header, overlaps


def _cell(budget: Mapping[str, Any], metric: str, arm: Arm) -> str:
    text = mean_and_sd(metric, budget["values"][metric][arm.side])
    if arm.side not in budget["differences"]:
        return text
    return f"{text} ({signed(metric, budget['differences'][arm.side][metric])})"


def _overlap(budget: Mapping[str, Any], arm: Arm) -> str:
    return f"{budget['overlap'][arm.side]['jaccard']:.3f}" if arm.side in budget["overlap"] else "unknown"
