"""The cost of stages and selectors in counts and bytes, which do not differ between machines or runs.

`python -m gdig.report.costs` shows the measured time and memory.
"""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from rich.filesize import decimal

from gdig.report.display import label_of
from gdig.report.efficiency.demand import demand
from gdig.report.lock import CHOOSING, Locked, size_of
from gdig.report.render import Row, Table, render


def cost_section(
    stages: Sequence[Locked],
    by_selector: Mapping[str, Mapping[str, Sequence[Locked]]],
    base: str,
    steps: Mapping[str, int],
) -> Markup:
    """Return a table of selectors, a table of stages and a table of every run.

    Args:
        stages: stages of dvc.lock that the report depends on.
        by_selector: stages of each selector by phase, as `gdig.report.lock.of_selectors` returns them.
        base: path of the base model.
        steps: training steps of all cells by selector.
    """
    names = list(dict.fromkeys(stage.stage for stage in stages))
    by_name = {name: [stage for stage in stages if stage.stage == name] for name in names}
    rows: list[Row] = [(name, [f"{len(own):,}", decimal(size_of(own))], False) for name, own in by_name.items()]
    rows.append(("all", [f"{len(stages):,}", decimal(size_of(stages))], True))
    runs: list[Row] = [(stage.name, [decimal(size_of([stage]))], False) for stage in stages]
    selectors: list[Row] = [
        (label_of(name), _cells(phases, base, steps.get(name, 0)), False) for name, phases in by_selector.items()
    ]
    return render(
        "cost.html.j2",
        has_lock=bool(stages),
        selectors=Table(
            ["selector", "models trained to choose", "passes over the pool", "training steps of its cells",
             "bytes of outputs"],
            selectors,
            label="Cost of selectors",
        ),
        stages=Table(["stage", "runs", "bytes of outputs"], rows, label="Cost of stages"),
        runs=Table(["stage", "bytes of outputs"], runs, label="Cost of every run"),
    )  # fmt: skip


def _cells(phases: Mapping[str, Sequence[Locked]], base: str, num_steps: int) -> list[str]:
    own = demand(phases[CHOOSING], base)
    size = decimal(size_of([stage for stages in phases.values() for stage in stages]))
    return [f"{own.num_models:,}", f"{own.num_passes:,}", f"{num_steps:,}", size]
