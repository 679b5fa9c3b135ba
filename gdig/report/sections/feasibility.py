"""What a selector needs to choose its pairs: for this run from dvc.lock, for published work from the survey."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from rich.filesize import decimal

from gdig.report.display import label_of
from gdig.report.efficiency.curve import Point
from gdig.report.efficiency.demand import demand
from gdig.report.efficiency.feasibility import (
    dense_ranks,
    feasibility_ranks,
    flexibility,
    ranks,
    simplicity,
    stated_flexibility,
    stated_simplicity,
)
from gdig.report.efficiency.plane import baseline_through, efficiency
from gdig.report.efficiency.published import (
    ANCHORS,
    COLUMNS,
    LEADERBOARD,
    PIR,
    RANKS,
    WINS,
    WORKS,
    bridged,
    misplaced,
    source_of,
)
from gdig.report.lock import CHOOSING, Locked, size_of
from gdig.report.render import Row, Table, render


def measured_section(by_selector: Mapping[str, Mapping[str, Sequence[Locked]]], base: str) -> Markup:
    """Return the feasibility of the selectors of this run, from dvc.lock.

    Args:
        by_selector: stages of each selector by phase, as `gdig.report.lock.of_selectors` returns them.
        base: path of the base model.
    """
    demands = {name: demand(phases[CHOOSING], base) for name, phases in by_selector.items() if name != "full"}
    order = dense_ranks({name: (own.num_models, own.num_stages) for name, own in demands.items()})
    rows: list[Row] = []
    for name in sorted(demands, key=lambda name: (order[name], name)):
        own = demands[name]
        counts = [f"{own.num_models:,}", f"{own.num_stages:,}", f"{own.num_passes:,}", str(order[name])]
        rows.append((label_of(name), [*counts, decimal(size_of(own.stages))], False))
    header = ["selector", "models trained", "stages", "passes", "simplicity", "bytes"]
    return render("feasibility.html.j2", selectors=Table(header, rows, label="Feasibility of our selectors"))


def published_section() -> Markup:
    """Return the survey's own tables, with the values that its formulas reproduce and those that they do not."""
    wrong = {
        "simplicity": misplaced(lambda works: ranks(works, stated_simplicity), 0),
        "flexibility": misplaced(lambda works: ranks(works, stated_flexibility), 1),
    }
    return render(
        "published.html.j2",
        bridged=bridged(),
        pir=Table(
            ["work", *COLUMNS],
            [(name, [_pir_cell(name, column) for column in COLUMNS], False) for name in PIR],
            label="Published PIR",
        ),
        efficiency=_published_efficiency(),
        misplaced={what: len(names) for what, names in wrong.items()},
        num_works=len(WORKS),
        feasibility=_published_feasibility(),
    )


def _pir_cell(name: str, column: str) -> str:
    if column not in PIR[name]:
        return "–"
    mark = source_of(name, column)
    return f"{PIR[name][column]:.3f}" + ("" if mark == "as printed" else f" ({mark})")


def _published_efficiency() -> Table:
    columns = {}
    for source in ("table", "leaderboard"):
        points = {
            name: Point(name, 1, sdf, PIR[name][WINS] if source == "table" else pir, None, 1)
            for name, (sdf, pir) in LEADERBOARD.items()
        }
        drawn = baseline_through([points[name] for name in ANCHORS], points[ANCHORS[0]], is_log=False)
        assert drawn
        columns[source] = {name: efficiency(point, drawn).ceff for name, point in points.items()}
    rows: list[Row] = [
        (
            name,
            [f"{LEADERBOARD[name][0]:.2%}", f"{PIR[name][WINS]:.3f}", f"{columns['table'][name]:+.3f}",
             f"{LEADERBOARD[name][1]:.3f}", f"{columns['leaderboard'][name]:+.3f}"],
            False,
        )
        for name in sorted(LEADERBOARD, key=lambda name: -columns["leaderboard"][name])
    ]  # fmt: skip
    header = ["work", "SDF", "PIR, table", "CEff", "PIR, leaderboard", "CEff"]
    return Table(header, rows, label="Published efficiency")


def _published_feasibility() -> Table:
    computed = {"simplicity": ranks(WORKS, simplicity), "flexibility": ranks(WORKS, flexibility),
                "feasibility": feasibility_ranks(WORKS)}  # fmt: skip
    rows: list[Row] = []
    for name, work in WORKS.items():
        star = "*" if work.small else ""
        ticks = [work.reproducible, work.model_free, work.dataset_free, work.chatgpt_free]
        numbers = [f"{work.trained}{star}", f"{work.steps}", f"{work.uses}{star}"]
        found = [
            f"{own[name]}" if own[name] == printed else f"{own[name]} (printed {printed})"
            for own, printed in zip(computed.values(), RANKS[name], strict=True)
        ]
        rows.append((name, [*numbers, *("✓" if tick else "✗" for tick in ticks), *found], False))
    ticks_of = ["repository", "model-free", "dataset-free", "ChatGPT-free"]
    return Table(
        ["work", "trained LLMs", "steps", "LLM uses", *ticks_of, *computed], rows, label="Published feasibility"
    )
