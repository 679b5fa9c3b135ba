"""Results of a grid as tables."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from gdig.report.display import label_of, title_of
from gdig.report.gains.cells import ALL, CONTROLS, FULL, Cell, cells_of
from gdig.report.gains.intervals import CONFIDENCE, Interval
from gdig.report.gains.results import Results
from gdig.tools.compare.show import markdown_table
from gdig.tools.evidence.summary import Table, noise_table, summary

_DETECTORS = {"share_helped": "share of seeds helped", "mean_influence": "mean influence"}


def tables(
    results: Results, metric: str, selector: str | None = None, controls: Sequence[str] = CONTROLS
) -> Iterator[Table]:
    """Yield one table per rate, kind and budget, or one of a selector's gains; and tables of noise detection."""
    cells = cells_of(results.runs, metric, controls)
    if selector:
        yield summary(cells, metric, selector)
    else:
        yield from (_scores(cell, metric) for cell in cells)
    if any(row.get("cleanliness") for row in results.conditions):
        yield noise_table(results.conditions)
    yield from _detection(results.conditions)


def remarks(results: Results, selector: str | None = None, controls: Sequence[str] = CONTROLS) -> Iterator[str]:
    """Yield the notes below the tables."""
    pools = {row["pool"] for row in results.conditions}
    *others, last = map(label_of, controls)
    of = f"{', '.join(others)} and {last}" if others else last
    yield (
        f"gains: mean over pools of the difference in each pool; the best control is the best of {of} by its mean over "
        f"pools, chosen anew in each cell; {_pools(len(pools))} in all"
    )
    if len(pools) > 1:
        level = f"{100 * CONFIDENCE:.10g}%"
        yield f"intervals: {level}, Student's t over pools, " + (
            "each by itself; bold: holds after Holm's correction over the cells of its column"
            if selector
            else "not corrected for the number of tables; * leaves out 0"
        )
    else:
        yield "one pool, so that nothing is known of the spread over pools"


def markdown(results: Results, metric: str, selector: str | None = None, controls: Sequence[str] = CONTROLS) -> str:
    """Return tables and remarks in GitHub's Markdown."""
    parts = [markdown_table(*table) for table in tables(results, metric, selector, controls)]
    return "\n".join([*parts, *(f"- {line}" for line in remarks(results, selector, controls))]) + "\n"


def _scores(cell: Cell, metric: str) -> Table:
    alone = "" if cell.kind == ALL else f", {cell.kind} alone"
    title = f"noise {cell.rate:g}{alone}, {cell.budget:,} pairs: {title_of(metric)} over {_pools(cell.num_pools)}"
    control = f"gain over {label_of(cell.control)}" if cell.control else "gain over the best control"
    names = sorted(cell.scores, key=lambda name: name == FULL)
    rows = [
        [
            label_of(name),
            f"{cell.scores[name].mean:.2f}",
            _gain(cell.over_random.get(name)),
            _gain(cell.over_control.get(name)),
        ]
        for name in names
    ]
    return title, ["", title_of(metric), "gain over random", f"{control} (best)"], rows


def _gain(gain: Interval | None) -> str:
    if gain is None:
        return ""
    if gain.low is None:
        return f"{gain.mean:+.2f}"
    return f"{gain.mean:+.2f} ({gain.low:+.2f} to {gain.high:+.2f})" + (" *" if gain.holds else "")


def _detection(conditions: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    """Yield detection tables: mean over pools of the area under the ROC curve, by noise kind."""
    for rate in dict.fromkeys(row["rate"] for row in conditions):
        found: dict[str, dict[str, list[float]]] = {}
        for row in conditions:
            if row["rate"] != rate:
                continue
            for name, areas in (row["detection"] or {}).items():
                for kind, area in (areas or {}).items():
                    # If a kind is planted alone, "all" is that kind.
                    shown = kind if row["kind"] == ALL else f"{row['kind']} alone"
                    if row["kind"] == ALL or kind == ALL:
                        found.setdefault(shown, {}).setdefault(name, []).append(area)
        if not found:
            continue
        names = list(dict.fromkeys(name for own in found.values() for name in own))
        header = ["noise kind", *(_DETECTORS.get(name, label_of(name)) for name in names)]
        rows = [
            [kind, *(f"{fmean(own[name]):.3f}" if name in own else "" for name in names)] for kind, own in found.items()
        ]
        yield f"noise {rate:g}: area under the ROC curve, clean against planted pairs, mean over pools", header, rows


def _pools(count: int) -> str:
    return "1 pool" if count == 1 else f"{count} pools"
