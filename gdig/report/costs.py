"""Time and memory that the last runs of the stages took on this machine.

    python -m gdig.report.costs             # per selector and per stage
    python -m gdig.report.costs --runs      # each run too

Stages record their cost outside the artifacts (gdig/run/costs.py). The report page has no measured times, so that its
bytes depend only on its inputs. The params name the profile, its selectors and its budgets.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.filesize import decimal
from rich.measure import Measurement
from rich.table import Table

from gdig.config import Params, load_params
from gdig.report.display import label_of
from gdig.report.lock import Locked, of_selectors, read_lock, size_of
from gdig.run import costs
from gdig.run.command import command
from gdig.run.costs import Cost

Measured = Callable[[Locked], Cost | None]
_HEADER = ("runs", "time", "processor time", "peak memory", "device", "bytes of outputs")
_NOT_RUN = "not run on this machine"
_UNLIMITED = 10_000
"""Columns of a terminal in which every table fits."""


@dataclass(frozen=True)
class Total:
    """The costs of some stages."""

    num_stages: int
    num_measured: int
    seconds: float
    processor_seconds: float
    peak_bytes: int
    devices: Sequence[str]
    out_bytes: int

    @property
    def cells(self) -> list[str]:
        """As a row of a table."""
        size = decimal(self.out_bytes)
        if not self.num_measured:
            return [f"{self.num_stages:,}", _NOT_RUN, "", "", "", size]
        missing = f" ({self.num_measured} of {self.num_stages})" if self.num_measured < self.num_stages else ""
        times = [clock(self.seconds) + missing, clock(self.processor_seconds)]
        return [f"{self.num_stages:,}", *times, decimal(self.peak_bytes), ", ".join(self.devices), size]


def total(stages: Sequence[Locked], measured: Measured) -> Total:
    """Add up the measured costs of stages; stages that did not run on this machine add only their bytes."""
    costs = [cost for stage in stages if (cost := measured(stage))]
    return Total(
        len(stages),
        len(costs),
        sum(cost.seconds for cost in costs),
        sum(cost.processor_seconds for cost in costs),
        max((cost.peak_bytes for cost in costs), default=0),
        sorted({cost.device for cost in costs}),
        size_of(stages),
    )


def clock(seconds: float) -> str:
    """Return a duration in hours, minutes or seconds."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def measured_on_this_machine(profile: str) -> Measured:
    """Return a function that reads the cost of the last run of a stage of a profile."""

    @cache
    def read(stage: str, selector: str, budget: str) -> Cost | None:
        return costs.read(profile, stage, selector, budget)

    return lambda run: read(run.stage, run.selector, run.budget)


def tables(params: Params, *, with_runs: bool) -> Iterator[Table]:
    """Yield the tables.

    Args:
        params: of the run.
        with_runs: whether to show each run too.

    Raises:
        ValueError: there is no dvc.lock, or no stage of the profile ran on this machine.
    """
    stages = read_lock(params.profile, params.selectors, params.budgets)
    if not stages:
        raise ValueError(f"dvc.lock has no stage of profile {params.profile}; run `dvc repro` first")
    measured = measured_on_this_machine(params.profile)
    if not total(stages, measured).num_measured:
        raise ValueError(f"no stage of profile {params.profile} ran on this machine; run `dvc repro` first")
    by_selector = of_selectors(params.profile, [*params.selectors, "full"], stages)
    phases = [
        [label_of(name), phase, *total(own, measured).cells]
        for name, found in by_selector.items()
        for phase, own in found.items()
    ]
    yield _table("Selectors; shared stages count for each", ["selector", "phase", *_HEADER], phases)
    names = list(dict.fromkeys(stage.stage for stage in stages))
    by_name = {name: [stage for stage in stages if stage.stage == name] for name in names} | {"all": stages}
    yield _table("Stages", ["stage", *_HEADER], [[name, *total(own, measured).cells] for name, own in by_name.items()])
    if with_runs:
        runs = [[stage.name, *total([stage], measured).cells[1:]] for stage in stages]
        yield _table("Runs", ["run", *_HEADER[1:]], runs)


@command
def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gdig.report.costs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", action="store_true", help="show each run too")
    options = parser.parse_args(arguments)
    found = list(tables(load_params(), with_runs=options.runs))
    console = Console(highlight=False, markup=False)
    # Lines of narrow terminals run on: wrapped or cut numbers are unreadable.
    needed = [Measurement.get(console, console.options.update(width=_UNLIMITED), table).maximum for table in found]
    console.width = max(console.width, *needed)
    for table in found:
        console.print(table)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for name in header:
        is_text = name in ("selector", "phase", "stage", "run", "device")
        table.add_column(name, justify="left" if is_text else "right")
    for row in rows:
        table.add_row(*row)
    return table


if __name__ == "__main__":
    main()
