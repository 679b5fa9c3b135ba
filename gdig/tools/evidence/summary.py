"""Summary table of a grid for one selector: all scores, and its gains."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from gdig.report.display import label_of, title_of
from gdig.report.gains.cells import ALL, Cell
from gdig.report.gains.intervals import gain_text

Table = tuple[str, list[str], list[list[str]]]
"""Title, header, rows."""


def summary(cells: Sequence[Cell], metric: str, selector: str) -> Table:
    """Return one row per noise rate, kind and budget: mean scores over pools, and the selector's gains with intervals.

    Raises:
        ValueError: the grid does not have that selector.
    """
    names = list(dict.fromkeys(name for cell in cells for name in cell.scores))
    if selector not in names:
        raise ValueError(f"the grid has no selector {selector!r}; it has {', '.join(names)}")
    header = ["noise", "pairs", *map(label_of, names), "over random", "over the best cheap control"]
    return f"{title_of(metric)}, and what {label_of(selector)} gained", header, [
        [
            _noise(cell.rate, cell.kind),
            f"{cell.budget:,}",
            *(f"{cell.scores[name].mean:.1f}" if name in cell.scores else "" for name in names),
            gain_text(cell.over_random.get(selector)),
            gain_text(cell.over_control.get(selector)) + (f" ({label_of(cell.control)})" if cell.control else ""),
        ]
        for cell in cells
    ]  # fmt: skip


def noise_table(conditions: Sequence[Mapping[str, Any]]) -> Table:
    """Return estimated and planted noise shares: one row per rate and kind, means over pools."""
    estimates: dict[str, list[tuple[float, float]]] = {}
    for row in conditions:
        if row.get("cleanliness"):
            of_kind = row["noise"]["num_of_kind"]
            planted = 1 - of_kind["clean"] / sum(of_kind.values()) if of_kind else 0.0
            noise = _noise(row["rate"], row["kind"])
            estimates.setdefault(noise, []).append((planted, row["cleanliness"]["noise"]["share"]))
    return "How noisy pools look", ["noise", "planted", "estimated", "in each pool"], [
        [
            noise,
            f"{fmean(planted for planted, _ in pools):.1%}",
            f"{fmean(share for _, share in pools):.1%}",
            ", ".join(f"{share:.1%}" for _, share in pools),
        ]
        for noise, pools in estimates.items()
    ]  # fmt: skip


def _noise(rate: float, kind: str) -> str:
    return f"{rate:g}" + ("" if kind == ALL else f" {kind}")
