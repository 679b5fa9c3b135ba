"""What stages and selectors cost: time from this machine's last runs, bytes from dvc.lock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.filesize import decimal

from gdig.report.figure import Figure, Row, Spec
from gdig.report.lock import Locked, upstream
from gdig.report.selectors import label_of
from gdig.report.table import table
from gdig.run.costs import Cost

Measured = Callable[[Locked], Cost | None]
_NOT_RUN = "not run on this machine"
CHOOSING = "choosing pairs"
_PHASES = {"data and base model": "#8A949E", CHOOSING: "#1F83C6", "training and scoring": "#E69F00"}


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
    """Add up the costs of stages, as far as they were measured on this machine."""
    costs = [cost for stage in stages if (cost := measured(stage))]
    return Total(
        len(stages),
        len(costs),
        sum(cost.seconds for cost in costs),
        sum(cost.processor_seconds for cost in costs),
        max((cost.peak_bytes for cost in costs), default=0),
        sorted({cost.device for cost in costs}),
        # Numbers that are in Git have a copy in the cache.
        sum(out.size for stage in stages for out in stage.outs if not out.path.startswith("metrics/")),
    )


def of_selectors(
    profile: str, selectors: Sequence[str], stages: Sequence[Locked]
) -> dict[str, dict[str, list[Locked]]]:
    """Return, of each selector, the stages that all need, those that choose its pairs, and those that score them.

    What several selectors need counts for each: it is what one would pay for that selector alone.
    """
    shared = {stage.name for stage in upstream(stages, [f"data/{profile}/base"])}
    found = {}
    for selector in selectors:
        needed = upstream(stages, [f"data/{profile}/metrics/{selector}.json"])
        chooses = upstream(stages, [f"data/{profile}/rankings/{selector}.jsonl"])
        names = {stage.name for stage in chooses}
        parts = (
            [stage for stage in needed if stage.name in shared],
            [stage for stage in chooses if stage.name not in shared],
            [stage for stage in needed if stage.name not in names | shared],
        )
        if needed:
            found[selector] = dict(zip(_PHASES, parts, strict=True))
    return found


def cost_section(stages: Sequence[Locked], measured: Measured) -> str:
    """Return a table of every stage, cells of one stage added up, with each cell behind it."""
    header = ["stage", "runs", "time", "processor time", "peak memory", "device", "bytes of outputs"]
    names = list(dict.fromkeys(stage.stage for stage in stages))
    rows: list[Row] = [
        (name, total([stage for stage in stages if stage.stage == name], measured).cells, False) for name in names
    ]
    rows.append(("all", total(stages, measured).cells, True))
    cells = [(stage.name, total([stage], measured).cells[1:], False) for stage in stages]
    if not stages:
        return "<p>Not known: there is no dvc.lock. Run the report through <code>dvc repro</code>.</p>"
    return (
        "<p>Time, memory and device are those of the last run of each stage on this machine; what was fetched, or "
        "found in the cache, may have been made elsewhere or with other params than that run. Bytes are those of "
        "<code>dvc.lock</code>.</p>"
        + table(header, rows, label="Cost of stages")
        + "<details><summary>Every run</summary>"
        + table([header[0], *header[2:]], cells, label="Cost of every run")
        + "</details>"
    )


def cost_figure(by_selector: Mapping[str, Mapping[str, Sequence[Locked]]], measured: Measured) -> Figure | None:
    """Return what each selector costs; None where nothing was measured."""
    totals = {
        name: {phase: total(own, measured) for phase, own in phases.items()} for name, phases in by_selector.items()
    }
    if not any(entry.num_measured for phases in totals.values() for entry in phases.values()):
        return None
    values = [
        {
            "selector": label_of(name),
            "phase": phase,
            "number": number,
            "seconds": round(entry.seconds, 1),
            "time": clock(entry.seconds),
        }
        for name, phases in totals.items()
        for number, (phase, entry) in enumerate(phases.items())
    ]
    return Figure(
        name="costs",
        title="What a selector costs.",
        description="Stacked bars: time that each selector takes for data and base model, to choose pairs, and to "
        "train and score on them.",
        panels={"": _chart(values)},
        paper=_chart(values) | {"width": 460},
        header=["selector", "phase", "runs", "time", "processor time", "peak memory", "device", "bytes of outputs"],
        rows=[
            (label_of(name), [phase, *entry.cells], False)
            for name, phases in totals.items()
            for phase, entry in phases.items()
        ],
        note="Time of all runs that its ranking and its cells at every budget need, one after the other. What "
        "selectors share counts for each.",
        columns=1,
    )


def _chart(values: Sequence[dict[str, object]]) -> Spec:
    return {
        "data": {"values": list(values)},
        "height": 9 * len(values),
        "mark": {"type": "bar", "height": 17},
        "encoding": {
            "y": {"field": "selector", "type": "nominal", "sort": None, "title": None,
                  "axis": {"domain": False, "ticks": False, "labelLimit": 170, "labelPadding": 6}},
            "x": {"field": "seconds", "type": "quantitative", "axis": {"grid": False, "tickCount": 6}},
            "color": {"field": "phase", "type": "nominal", "title": None,
                      "scale": {"domain": list(_PHASES), "range": list(_PHASES.values())},
                      "legend": {"orient": "top", "symbolType": "square"}},
            "order": {"field": "number", "type": "quantitative"},
            "tooltip": [{"field": "selector", "type": "nominal"}, {"field": "phase", "type": "nominal"},
                        {"field": "time", "type": "nominal"}],
        },
    }  # fmt: skip


def clock(seconds: float) -> str:
    """Return a time as people write it."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
