"""The cost of choosing pairs, in passes of plain training over the pool.

    dvc repro rank_gdig_joint
    python -m benchmarks.selection [--rounds 3] [--out FILE.jsonl]

Runs every stage that stands between base model and ranking of joint G-DIG, one after the other in this process, so
that neither imports nor DVC are counted, and divides what each took by what a pass of training over the pool takes:
stage `warmup` by its epochs and its share of the pool. Stages write what they always write: the same bytes. One JSON
object a stage with the median over rounds, and one for all of them.
"""

import argparse
import logging
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.rows import report
from gdig.config import Params, load_params
from gdig.run.command import command
from gdig.run.paths import Paths
from gdig.run.stage import limit_threads

STAGES = {
    "warmup": None,
    "curvature": None,
    "influence": None,
    "gradients": None,
    "rank_base_loss": "base_loss",
    "rank_loss": "loss",
    "controls": None,
    "cleanliness": None,
    "rank_gdig_joint": "gdig_joint",
}
"""In order, with the selector of those that rank."""


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.selection", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of each stage (%(default)s)")
    parser.add_argument("--out", type=Path, help="file of JSON lines to write")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    params = load_params()
    limit_threads(1)
    seconds: dict[str, list[float]] = {name: [] for name in STAGES}
    # In turns, so that a machine that slows down slows all of them.
    for _ in range(arguments.rounds):
        for name, selector in STAGES.items():
            seconds[name].append(_seconds(params, name, selector))
    report(rows(seconds, params.warmup.training.epochs * params.warmup.pool_share), arguments.out)


def rows(seconds: dict[str, list[float]], passes_of_warmup: float) -> list[dict[str, Any]]:
    """Return a row a stage, and one of their sum: seconds, and passes of training that would have taken as long."""
    medians = {name: median(values) for name, values in seconds.items()}
    one_pass = medians["warmup"] / passes_of_warmup
    medians["all"] = sum(medians.values())
    return [
        {"stage": name, "seconds": round(value, 2), "passes": round(value / one_pass, 3)}
        for name, value in medians.items()
    ]


def _seconds(params: Params, name: str, selector: str | None) -> float:
    stage: Callable[..., None] = import_module(f"stages.{name}").main
    of_selector = {"selector": selector} if selector else {}
    paths = Paths(profile=params.profile, estimator=params.influence.estimator, revision=params.seeds.revision,
                  **of_selector)  # fmt: skip
    start = time.perf_counter()
    stage(params, paths, **of_selector)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
