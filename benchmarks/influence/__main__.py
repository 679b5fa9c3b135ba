"""Measure influence engines against a plain training pass, each in a process of its own.

    python -m benchmarks.influence --shape small --engines train,floor,gdig,kronfluence --out influence.jsonl

One JSON object an engine: seconds of `fit` (curvature on 256 examples) and of `score` (the seeds' preparation and all
candidates) over those of the training pass over the candidates, measured right after them in the same process; on one
core these are CPU seconds, on a GPU wall-clock seconds. Agreement is with dense float64 influence by whole weight
gradients, of the engine's own convention, on 32 candidates x 16 seeds. Every engine is measured `--repeats` times and
the medians are reported. On a shared machine runs of one engine differ by 15%, and smaller differences mean nothing.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.influence.engines import ENGINES, Engine, fit, train
from benchmarks.influence.workload import NUM_FIT, SHAPES, Shape, make_examples, make_model
from gdig.files import write_text
from gdig.influence.probe import agreement, exact_influence

NUM_PROBE = 32, 16
"""Candidates and seeds that are compared with the oracle."""


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
        print(json.dumps(measure(arguments.worker, shape)))
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
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            return {"failed": f"exit code {done.returncode}"}
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    numbers = {key for run in runs for key, value in run.items() if isinstance(value, float)}
    return {key: round(statistics.median(run[key] for run in runs), 4) if key in numbers else runs[0][key]
            for key in runs[0]}  # fmt: skip


def measure(name: str, shape: Shape) -> dict[str, Any]:
    """Measure one engine once, in this process."""
    engine = ENGINES[name]
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = make_model(shape, device, torch.bfloat16 if device.type == "cuda" else torch.float32)
    candidates, seeds, sample = (make_examples(shape, n, s) for s, n in enumerate((shape.n, shape.m, NUM_FIT)))
    train(model, None, candidates[:32], seeds, shape.max_tokens)  # kernels are chosen, memory is mapped

    start = _seconds(device)
    state = engine.fit(model, sample, shape.max_tokens) if engine.fit else None
    fitted = _seconds(device)
    scores_NM = engine.score(model, state, candidates, seeds, shape.max_tokens)
    scored = _seconds(device)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result: dict[str, Any] = {}
    if device.type == "cuda":
        result["peak_gpu_gib"] = torch.cuda.max_memory_allocated() / 2**30
        result["candidates_per_second"] = shape.n / (scored - fitted)
    # A model of its own: an engine may have wrapped the other's linears.
    model = make_model(shape, device, model.dtype)
    before = _seconds(device)
    train(model, None, candidates, seeds, shape.max_tokens)
    reference = _seconds(device) - before
    if engine.fit:
        result["fit_ratio"] = (fitted - start) / reference
    result |= {"score_ratio": (scored - fitted) / reference, "train_seconds": reference, "peak_rss_mib": peak_mib}
    if engine.oracle and scores_NM is not None and device.type == "cpu":
        result |= _agreement(engine, shape, model, scores_NM)
    return result | {"versions": _versions(engine), "device": _device_name(device)}


def _agreement(engine: Engine, shape: Shape, model: Any, scores_NM: torch.Tensor) -> dict[str, float]:
    """Compare with the dense oracle of the engine's convention; curvature and gradients in float64."""
    assert engine.oracle is not None
    model = model.double()
    candidates, seeds, sample = (make_examples(shape, n, s) for s, n in enumerate((shape.n, shape.m, NUM_FIT)))
    bases = fit(model, sample, shape.max_tokens, kind=engine.kind)
    rows, columns = NUM_PROBE
    exact_CM = exact_influence(model, candidates[:rows], seeds[:columns], bases, engine.oracle)
    found = agreement(scores_NM[:rows, :columns].double(), exact_CM)
    return {"spearman": found.spearman, "sign_agreement": found.sign_agreement}


def _seconds(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def _versions(engine: Engine) -> dict[str, str]:
    names = ["torch", "transformers", *([engine.package] if engine.package else [])]
    return {name: importlib.metadata.version(name) for name in names} | {"python": platform.python_version()}


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name() if device.type == "cuda" else f"one core, {platform.machine()}"


def _print_table(rows: list[dict[str, Any]]) -> None:
    table = Table("engine", "fit / train", "score / train", "peak MiB", "Spearman", "signs")
    for row in rows:
        keys = ("fit_ratio", "score_ratio", "peak_rss_mib", "spearman", "sign_agreement")
        cells = [f"{row[key]:.4g}" if key in row else "" for key in keys]
        table.add_row(row["engine"], *(cells if "score_ratio" in row else [row.get("skipped", row.get("failed", ""))]))
    Console().print(table)


if __name__ == "__main__":
    main()
