"""Print results as tables."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from gdig.tools.humaneval.layout import CRITERIA
from gdig.tools.humaneval.outcomes import OUTCOMES

NAMES = (*CRITERIA, "score")


def print_results(console: Console, found: Mapping[str, Any]) -> None:
    """Print the results of the paper's Table 2, and the agreement of raters."""
    if "ratings" in found:
        _print_ratings(console, found)
    table = Table("", *OUTCOMES, "segments won and lost", "sign test", title="win, tie, lose (95% intervals)")
    for other, comparison in found["comparisons"].items():
        test = comparison["sign_test"]
        table.add_row(
            f"{found['systems'][0]} against {other}",
            *(_percent(comparison["share"][name]) for name in OUTCOMES),
            f"{test['wins']} and {test['losses']}",
            f"p = {test['p']:.4g}",
        )
    console.print(table)
    segments = found["segments"]
    console.print(
        f"{segments['judged']} segments judged of {segments['drawn']} drawn; {found['rows']['answered']} of "
        f"{found['rows']['asked']} rows answered; raters: {sum(map(bool, found['raters'].values()))}"
    )
    if segments["equal"]:
        console.print(f"{segments['equal']} segments are translated alike by both and counted as ties")
    if side := found.get("side"):
        console.print(f"left chosen {side['left']} times, right {side['right']} times (p = {side['p']:.4g})")
    for title, key in (("raters with themselves", "self_agreement"), ("raters with each other", "agreement")):
        for name, numbers in found[key].items():
            if numbers:
                console.print(f"agreement of {title}, {name}: {_agreement(numbers)}")


def _print_ratings(console: Console, found: Mapping[str, Any]) -> None:
    table = Table("", *NAMES, title="marks, 1 to 5 (95% intervals); score: mean of both")
    for system, marks in found["ratings"].items():
        table.add_row(system, *(_interval(marks[name]) for name in NAMES))
    for other, comparison in found["comparisons"].items():
        cells = [
            f"{_interval(comparison['difference'][name])}\np = {comparison['difference'][name]['p_holm']:.4g}"
            for name in NAMES
        ]
        table.add_row(f"{found['systems'][0]} - {other}", *cells)
    console.print(table)


def _interval(numbers: Mapping[str, float]) -> str:
    return f"{numbers['value']:.2f} ({numbers['low']:.2f} to {numbers['high']:.2f})"


def _percent(numbers: Mapping[str, float]) -> str:
    return f"{numbers['value']:.1%} ({numbers['low']:.1%} to {numbers['high']:.1%})"


def _agreement(numbers: Mapping[str, Any]) -> str:
    named = {"cohen_kappa": "Cohen's kappa", "krippendorff_alpha": "Krippendorff's alpha"}
    beyond = "".join(f", {name} {numbers[key]:.2f}" for key, name in named.items() if numbers.get(key) is not None)
    return f"{numbers['share']:.0%} of {numbers['units']} equal{beyond}"
