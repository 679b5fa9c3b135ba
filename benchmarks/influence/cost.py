"""Predict hours and bytes of influence over a large pool, hours from rates that the benchmark measured.

    python -m benchmarks.influence --shape llama2-7b --engines gdig-bfloat16 --out FILE.jsonl
    python -m benchmarks.influence.cost FILE.jsonl --candidates 256000 1900000 --devices 1 8
    python -m benchmarks.influence.cost --flops 3e14                       # no file: hours under your own assumption
    python -m benchmarks.influence.cost SMALL.jsonl --against MEDIUM.jsonl  # how far off is it

Bytes follow from shapes, those of the seeds from the engine's own plan. Hours are the measured ones, scaled by counted
operations from the measured shape to the wanted one; a row of the wanted shape and seeds is used as it is:

    candidates      N (forward + backward to the lowest tracked linear + contraction) / rate / devices
    preparation     of the seeds; every process does all of it, so more devices do not shorten it
    curvature       captures and sums of K-FAC factors over the examples, at the candidates' rate, / devices
    decompositions  what the curvature's operations leave of the measured fit, by the cubes of the factors' sizes; every
                    process does all of them
    clustering      N (forward + head backward + projection) at the candidates' rate / devices: stage `gradients`

Left out: the probe, loading, and writing shards; and any loss of devices to each other. A rate measured on a CPU says
nothing about a GPU and is refused for one. `--flops` states a rate of your device instead, as achieved, not its peak:
all operations take it but the decompositions, which run in float64 at another; `--eigh-flops` states theirs, for
9 n^3 operations a matrix (Golub & Van Loan 2013, section 8.3), and without it they are left out.

Small matrices run slower than large ones, on a GPU by far: measure at the wanted shape, or as near to it as you can.
"""

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.influence.engines import ENGINES
from benchmarks.influence.operations import FLOAT32, GRADIENT_DIM, Counts, counts, sketch_bytes
from benchmarks.influence.workload import NUM_FIT, SHAPES, Shape
from gdig.influence.plan import GIB
from gdig.io.files import write_text
from gdig.run.command import command

OPERATIONS_A_CUBE = 9
"""Of a symmetric eigendecomposition with vectors, for `--eigh-flops`."""
NUM_EXAMPLES = 1000
"""Examples of the curvature (params: curvature.num_examples)."""
ROUTES = "hybrid", "token_pairs", "low_rank"
"""Routes whose bytes are shown; dense takes what hybrid takes."""


@dataclass(frozen=True)
class Rates:
    """How fast a device is."""

    candidate: float
    """Operations a second of scoring; the model's part of the curvature is taken to run as fast."""
    preparation: float
    """Operations a second of preparing the seeds."""
    decomposition: float | None
    """Cubes of matrix sizes a second; None: not known."""
    source: str


@dataclass(frozen=True)
class Seconds:
    """What the parts take."""

    candidates: float
    preparation: float
    curvature: float
    decompositions: float | None
    clustering: float

    @property
    def influence(self) -> float:
        """Seconds of the stages curvature and influence."""
        return self.candidates + self.preparation + self.curvature + (self.decompositions or 0.0)


def measured_rates(row: dict[str, Any]) -> Rates:
    """Return the rates of a row of the benchmark."""
    done = row_counts(row)
    candidate = done.candidate / row["seconds_a_candidate"]
    # Parts of the fit run at other rates than scoring does: what is left may come out as less than nothing.
    fit = row["fit_ratio"] * row["train_seconds"]
    left = max(fit - done.curvature(NUM_FIT) / candidate, 0.01 * fit)
    source = f"{row['engine']} at {row['shape']}, n={row['n']} m={row['m']}, on {row['device']}"
    return Rates(candidate, done.preparation / row["prepare_seconds"], done.decomposition / left, source)


def row_counts(row: dict[str, Any]) -> Counts:
    """Return what the engine of a row did."""
    shape = replace(SHAPES[row["shape"]], n=row["n"], m=row["m"])
    return counts(row["engine"], shape, _dtype(on_core(row)))


def on_core(row: dict[str, Any]) -> bool:
    """Return whether a row was measured on a processor's core and not on a GPU."""
    return str(row["device"]).startswith("one core")


def stated_rates(flops: float, eigh_flops: float | None) -> Rates:
    """Return the rates that a user states, in operations a second."""
    cubes = None if eigh_flops is None else eigh_flops / OPERATIONS_A_CUBE
    return Rates(flops, flops, cubes, f"stated: {flops:g} operations a second, not measured")


def predict(rates: Rates, wanted: Counts, num_candidates: int, num_devices: int, num_examples: int) -> Seconds:
    """Return the seconds of a workload on some devices of that rate."""
    candidates = num_candidates * wanted.candidate / rates.candidate
    return Seconds(
        candidates=candidates / num_devices,
        preparation=wanted.preparation / rates.preparation,
        curvature=wanted.curvature(num_examples) / rates.candidate / num_devices,
        decompositions=None if rates.decomposition is None else wanted.decomposition / rates.decomposition,
        clustering=num_candidates * wanted.clustering / rates.candidate / num_devices,
    )


def fitting(engine: str, shape: Shape, memory_gib: float, dtype: torch.dtype) -> Counts:
    """Return the counts on a device, whose seeds get what weights, eigenbases and a batch leave.

    Raises:
        ValueError: they leave too little; says what would do.
    """
    alone = counts(engine, shape, dtype)
    taken = (alone.weight_bytes + alone.curvature_bytes + alone.tap_bytes) / GIB
    if taken >= memory_gib:
        raise ValueError(
            f"weights, eigenbases and what a batch of {shape.max_tokens} tokens leaves at the tracked linears take "
            f"{taken:.1f} GiB, more than --memory-gib {memory_gib:g}; raise it or lower --max-tokens"
        )
    wanted = counts(engine, shape, dtype, memory_gib=memory_gib - taken)
    try:
        _ = wanted.steps
    except ValueError as error:
        raise ValueError(
            f"--memory-gib {memory_gib:g} leaves {memory_gib - taken:.1f} GiB for the seeds beside {taken:.1f} of "
            f"weights, eigenbases and a batch (lower --max-tokens: a smaller batch): {error}"
        ) from None
    return wanted


def read_row(path: Path, engine: str) -> dict[str, Any]:
    """Return the row of an engine in a file that the benchmark wrote.

    Raises:
        ValueError: there is none that was measured; says what there is.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{path}: no file of JSON lines that `python -m benchmarks.influence --out` wrote: {error}"
        ) from None
    known: dict[str, dict[str, Any]] = {row["engine"]: row for row in rows if row.get("prepare_seconds")}
    if engine not in known:
        raise ValueError(f"{path}: no measured row of engine {engine}; there are {', '.join(known) or 'none'}")
    return known[engine]


def bytes_table(wanted: Counts, candidates: Sequence[int], rank: int) -> Table:
    """Return what takes how many bytes."""
    table = Table("bytes of", "where", "GiB")
    plan_routes = ", ".join(sorted({step.route for step in wanted.steps.values()}))
    dtype, precision = str(wanted.dtype).removeprefix("torch."), wanted.settings.precision
    for what, where, num_bytes in (
        (f"weights, {dtype}", "device", wanted.weight_bytes),
        ("K-FAC factors, float32; curvature holds them twice", "device", wanted.factor_bytes),
        ("eigenbases, float32", "device, disk", wanted.curvature_bytes),
        (f"inputs and gradients of {wanted.shape.max_tokens} tokens, float32", "device", wanted.tap_bytes),
        (f"{wanted.shape.m} seeds as planned: {plan_routes}, {precision}", "device", wanted.seed_bytes),
    ):
        table.add_row(what, where, _gib(num_bytes))
    for route in ROUTES:
        for precision in ("float32", "bfloat16"):
            changed = wanted.settings.model_copy(
                update={"memory_gib": math.inf, "route": route, "precision": precision}
            )
            table.add_row(f"{wanted.shape.m} seeds by {route}, {precision}", "device",
                          _gib(replace(wanted, settings=changed).seed_bytes))  # fmt: skip
    for count in candidates:
        table.add_row(f"influence, {count:,} x {wanted.shape.m}", "disk", _gib(wanted.influence_bytes(count)))
        table.add_row(f"gradients, {count:,} x {GRADIENT_DIM}", "disk", _gib(FLOAT32 * count * GRADIENT_DIM))
        table.add_row(f"sketches of rank {rank}, {count:,} x {len(wanted.linears)} x {rank}^2", "disk",
                      _gib(sketch_bytes(wanted.linears, count, rank)))  # fmt: skip
    return table


def hours_table(rates: Rates) -> Table:
    """Return the table of hours, whose rows are to be added; `influence` sums what stands right of it but clusters."""
    headers = "N", "devices", "influence", "scoring", "seeds", "factors", "eigh", "clusters"
    return Table(*headers, title=f"hours; rates {rates.source}", padding=0)


def against(path: Path, row: dict[str, Any], measured: dict[str, Any]) -> tuple[Table, list[dict[str, Any]]]:
    """Compare the prediction for a measured row with what was measured.

    Raises:
        ValueError: the rows are of different devices.
    """
    if row["device"] != measured["device"]:
        raise ValueError(f"{path}: measured on {measured['device']}, but the rates on {row['device']}")
    found = predict(measured_rates(row), row_counts(measured), measured["n"], 1, NUM_FIT)
    assert found.decompositions is not None
    pairs = {
        "candidates": (found.candidates, measured["n"] * measured["seconds_a_candidate"]),
        "preparation": (found.preparation, measured["prepare_seconds"]),
        "fit": (found.curvature + found.decompositions, measured["fit_ratio"] * measured["train_seconds"]),
    }
    pairs["all"] = sum(pair[0] for pair in pairs.values()), sum(pair[1] for pair in pairs.values())
    table = Table("part", "predicted s", "measured s", "predicted / measured")
    lines = []
    for part, (predicted, seconds) in pairs.items():
        table.add_row(part, f"{predicted:.3g}", f"{seconds:.3g}", f"{predicted / seconds:.2f}")
        lines.append({"part": part, "predicted_seconds": predicted, "measured_seconds": seconds})
    return table, lines


@command
def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        lines = _run(arguments)
    except ValueError as error:
        parser.error(str(error))
    if arguments.out:
        write_text(arguments.out, "".join(json.dumps(line) + "\n" for line in lines))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.influence.cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ours = [name for name, engine in ENGINES.items() if engine.settings]
    parser.add_argument("rows", type=Path, nargs="?", help="what `python -m benchmarks.influence --out` wrote")
    parser.add_argument("--engine", choices=ours, default="gdig-bfloat16")
    parser.add_argument("--shape", choices=SHAPES, default="llama2-7b")
    parser.add_argument("--seeds", type=_count, help="seeds, instead of the shape's")
    parser.add_argument("--candidates", type=_count, nargs="+", default=[256_000, 1_900_000])
    parser.add_argument("--devices", type=_count, nargs="+", default=[1, 8])
    parser.add_argument("--on", choices=["gpu", "core"], default="gpu", help="what the devices are")
    parser.add_argument("--examples", type=_count, default=NUM_EXAMPLES, help="of the curvature")
    parser.add_argument("--memory-gib", type=_rate, default=80.0, help="memory of a device")
    parser.add_argument("--max-tokens", type=_count, help="tokens of a batch, instead of the shape's")
    parser.add_argument("--rank", type=_count, default=16, help="side of a sketch, for the bytes of a cache of them")
    parser.add_argument("--flops", type=_rate, help="operations a second that your device achieves")
    parser.add_argument("--eigh-flops", type=_rate, help="the same in float64 eigendecompositions")
    parser.add_argument("--against", type=Path, help="compare with the measured row of this file")
    parser.add_argument("--out", type=Path, help="file of JSON lines to write")
    return parser


def _run(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    row = read_row(arguments.rows, arguments.engine) if arguments.rows else None
    if arguments.against:
        if row is None:
            raise ValueError("--against compares two files; name the one with the rates first")
        table, lines = against(arguments.against, row, read_row(arguments.against, arguments.engine))
        Console().print(table)
        return lines
    rates = _rates(arguments, row)
    shape = SHAPES[arguments.shape]
    shape = replace(shape, m=arguments.seeds or shape.m, max_tokens=arguments.max_tokens or shape.max_tokens)
    wanted = fitting(arguments.engine, shape, arguments.memory_gib, _dtype(arguments.on == "core"))
    Console().print(bytes_table(wanted, arguments.candidates, arguments.rank))
    if rates is None:
        Console().print("No hours: name a file of the benchmark, or state --flops.")
        return [_line(arguments, wanted, count, None) for count in arguments.candidates]
    if row and not arguments.flops and (row["shape"], row["m"]) == (arguments.shape, shape.m):
        timed = row_counts(row)  # its own plan, so that its seconds stay as they were measured
    else:
        timed = wanted
    table = hours_table(rates)
    lines = []
    for count in arguments.candidates:
        for devices in arguments.devices:
            found = predict(rates, timed, count, devices, arguments.examples)
            table.add_row(f"{count:,}", str(devices), f"{found.influence / 3600:.3g}", *map(_hours, astuple(found)))
            line = _line(arguments, wanted, count, rates.source)
            lines.append(line | {"devices": devices, "seconds": asdict(found) | {"influence": found.influence}})
    Console().print(table)
    return lines


def _rates(arguments: argparse.Namespace, row: dict[str, Any] | None) -> Rates | None:
    """Return the rates to use; None: there are none.

    Raises:
        ValueError: the file's are of the other kind of device.
    """
    if arguments.flops:
        return stated_rates(arguments.flops, arguments.eigh_flops)
    if row is None:
        return None
    if on_core(row) != (arguments.on == "core"):
        raise ValueError(
            f"{arguments.rows}: measured on {row['device']}, which says nothing about a {arguments.on}; measure there, "
            f"state with --flops what one achieves, or say --on {'core' if on_core(row) else 'gpu'}"
        )
    return measured_rates(row)


def _line(arguments: argparse.Namespace, wanted: Counts, count: int, source: str | None) -> dict[str, Any]:
    """Return what a line of the output file says apart from seconds."""
    return {
        "engine": arguments.engine,
        "shape": arguments.shape,
        "n": count,
        "m": wanted.shape.m,
        "rates": source,
        "operations_a_candidate": {
            "forward": wanted.forward, "backward": wanted.backward, "contraction": wanted.contraction
        },
        "bytes": {
            "weights": wanted.weight_bytes,
            "eigenbases": wanted.curvature_bytes,
            "batch": wanted.tap_bytes,
            "seeds": wanted.seed_bytes,
            "influence": wanted.influence_bytes(count),
            "gradients": FLOAT32 * count * GRADIENT_DIM,
            "sketches": sketch_bytes(wanted.linears, count, arguments.rank),
        },
    }  # fmt: skip


def _dtype(on_core: bool) -> torch.dtype:
    """Return the precision of the model, as the benchmark has it."""
    return torch.float32 if on_core else torch.bfloat16


def _hours(seconds: float | None) -> str:
    return "left out" if seconds is None else f"{seconds / 3600:.2g}"


def _gib(num_bytes: int) -> str:
    return f"{num_bytes / GIB:.3g}" if num_bytes < 100 * GIB else f"{num_bytes / GIB:.0f}"


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be 1 or more")
    return number


def _rate(text: str) -> float:
    if not 0 < (number := float(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: must be above 0 and finite")
    return number


if __name__ == "__main__":
    main()
