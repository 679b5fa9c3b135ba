"""Measure influence engines against a plain training pass, each in a process of its own.

    python -m benchmarks.influence --shape small --engines train,floor,gdig,kronfluence --out influence.jsonl

One JSON object an engine: seconds of `fit` (curvature on 256 examples) and of `score` (the seeds' preparation and all
candidates) over those of the training pass over the candidates; on one core these are CPU seconds, on a GPU wall-clock
seconds. The training pass runs before and after the engine and the two are averaged; `train_drift`, after / before,
says how steady the machine was. It runs in a process of its own: weight gradients would count as memory of the engine.
`seconds_a_candidate` leaves out the seeds where the engine prepares them apart (`prepare_seconds`). Agreement is with
dense float64 influence by whole weight gradients, of the engine's own convention, on 32 candidates x 16 seeds. Every
engine is measured `--repeats` times and the medians are reported.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.influence.engines import ENGINES
from benchmarks.influence.measure import measure, training_process
from benchmarks.influence.workload import SHAPES
from gdig.io.files import write_text
from gdig.run.command import command


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.influence", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--engines", default=",".join(ENGINES), help="comma-separated; default: all")
    parser.add_argument("--n", type=int, help="candidates, instead of the shape's")
    parser.add_argument("--m", type=int, help="seeds, instead of the shape's")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help="file of JSON lines to write")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    shape = SHAPES[arguments.shape]
    shape = replace(shape, n=arguments.n or shape.n, m=arguments.m or shape.m)
    if arguments.worker:
        with training_process() as trainer:
            print(json.dumps(measure(arguments.worker, shape, trainer)))
        return
    names = arguments.engines.split(",")
    if unknown := set(names) - set(ENGINES):
        parser.error(f"unknown engines: {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}")
    rows = []
    for name in names:
        rows.append({"engine": name, "shape": arguments.shape, "n": shape.n, "m": shape.m} | _repeat(name, arguments))
        print(json.dumps(rows[-1]), flush=True)
    if arguments.out:
        write_text(arguments.out, "".join(json.dumps(row) + "\n" for row in rows))
    _print_table(rows)


def _repeat(name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    package = ENGINES[name].package
    if package and importlib.util.find_spec(package) is None:
        return {"skipped": f"{package} is not installed; `make bench` installs it"}
    options = [f"--{key}={value}" for key in ("shape", "n", "m") if (value := getattr(arguments, key))]
    command = [sys.executable, "-m", "benchmarks.influence", f"--worker={name}", *options]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    runs = []
    for _ in range(arguments.repeats):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.stderr.write(done.stderr)  # shown only now: peers talk a lot
            return {"failed": f"exit code {done.returncode}"}
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    numbers = {key for run in runs for key, value in run.items() if isinstance(value, float)}
    return {key: float(f"{statistics.median(run[key] for run in runs):.4g}") if key in numbers else runs[0][key]
            for key in runs[0]}  # fmt: skip


def _print_table(rows: list[dict[str, Any]]) -> None:
    table = Table("engine", "fit / train", "score / train", "peak MB", "Spearman", "signs")
    for row in rows:
        keys = ("fit_ratio", "score_ratio", "peak_rss_mb", "spearman", "sign_agreement")
        cells = [f"{row[key]:.4g}" if key in row else "" for key in keys]
        table.add_row(row["engine"], *(cells if "score_ratio" in row else [row.get("skipped", row.get("failed", ""))]))
    Console().print(table)


if __name__ == "__main__":
    main()
