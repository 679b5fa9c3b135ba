"""What bfloat16 saves on this processor, and what a finetuning step costs beside that of other code.

    python -m benchmarks.precision losses --model FOLDER --pairs FILE                    # bfloat16 against float32
    python -m benchmarks.precision steps --model FOLDER --pairs FILE --before CLONE      # against another commit

`losses` takes batches in both precisions in turns, in one process. `steps` trains in bfloat16 by this code and by that
of a clone, in turns, each in a fresh process, and pairs equal steps. Times are CPU seconds of the process, on one
thread. Results are printed as JSON. FILE is a table with tabs whose first line names `source` and `target`; it may be
gzipped.
"""

import argparse
import csv
import gzip
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from scipy.stats import spearmanr
from transformers import TrainerCallback

from gdig.config import Memory, Training, load_params
from gdig.io.records import Pair
from gdig.lm.batches import by_length
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.loss import dataset_losses
from gdig.lm.prompt import encode_instructions
from gdig.run.stage import limit_threads
from gdig.training.run import make_trainer

GIB = 2**30
NUM_SKIPPED = 2
"""Steps at the start that are not counted: AdamW's moments appear in the first."""


class Clock(TrainerCallback):  # type: ignore[misc]
    """Notes the CPU time after every step."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Note it."""
        self.times.append(cpu_seconds())


def cpu_seconds() -> float:
    """Return the user and system time of this process."""
    used = os.times()
    return used.user + used.system


def examples_of(options: argparse.Namespace) -> list[Any]:
    """Return a seeded sample of the pairs as the model is finetuned on them."""
    opened = gzip.open if options.pairs.suffix == ".gz" else open
    with opened(options.pairs, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    sample = random.Random(0).sample(range(len(rows)), options.count)
    pairs = [Pair(str(number), rows[number]["source"], rows[number]["target"]) for number in sample]
    return encode_instructions(pairs, load_tokenizer(options.model), load_params().prompt)


def losses(options: argparse.Namespace) -> dict[str, Any]:
    """Return what both precisions cost, and how far their rankings agree."""
    examples = examples_of(options)
    models = {dtype: load_model(options.model, dtype) for dtype in ("float32", "bfloat16")}
    groups = by_length(examples, options.max_tokens)
    random.Random(1).shuffle(groups)
    found: dict[str, dict[str, float]] = {dtype: {} for dtype in models}
    seconds: dict[str, list[float]] = {dtype: [] for dtype in models}
    for group in [groups[0], *groups]:  # the first twice, to warm up
        for dtype, model in models.items():
            start = cpu_seconds()
            found[dtype] |= dataset_losses(model, [examples[place] for place in group], options.max_tokens, dtype)
            seconds[dtype].append(cpu_seconds() - start)
    ratios = [whole / half for whole, half in zip(seconds["float32"][1:], seconds["bfloat16"][1:], strict=True)]
    ids = sorted(found["float32"])
    whole, half = ([found[dtype][i] for i in ids] for dtype in models)
    return {
        "pairs": len(ids),
        "tokens": sum(len(example.tokens) for example in examples),
        **{f"{dtype}_pairs_per_second": round(len(ids) / sum(seconds[dtype][1:]), 2) for dtype in models},
        "ratio": summary(ratios),
        "ratio_of_sums": round(sum(seconds["float32"][1:]) / sum(seconds["bfloat16"][1:]), 2),
        "spearman": round(float(spearmanr(whole, half).statistic), 5),
        "mean_difference": round(statistics.mean(abs(a - b) for a, b in zip(whole, half, strict=True)), 5),
    }


def child(options: argparse.Namespace) -> dict[str, Any]:
    """Train some steps, and return their times and the peak of this process."""
    options.count = options.batch_size * options.steps
    training = Training(
        learning_rate=5e-5, batch_size=options.batch_size, epochs=1.0, min_steps=0, warmup_share=0.05,
        schedule="linear", weight_decay=0.0,
    )  # fmt: skip
    memory = Memory(dtype="bfloat16", per_device_batch_size=None, gradient_checkpointing=False, lora=None)
    model, clock = load_model(options.model, onto="cpu"), Clock()
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(Path(folder), model, examples_of(options), training, memory, 1, "steps")
        trainer.add_callback(clock)
        trainer.train()
    return {
        "seconds": [after - before for before, after in pairwise(clock.times)][NUM_SKIPPED - 1 :],
        "losses": [entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
        "peak_gib": round(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIB, 2),
    }


def steps(options: argparse.Namespace) -> dict[str, Any]:
    """Return what a step costs by this code and by that of another clone."""
    ways = {"before": options.before.resolve(), "now": Path.cwd()}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    arguments = [f"--{key}={getattr(options, key.replace('-', '_'))}" for key in ("steps", "batch-size")]
    for turn in range(options.turns):
        for name in list(ways)[:: 1 if turn % 2 else -1]:
            command = [sys.executable, str(Path(__file__).resolve()), "child", *arguments,
                       f"--model={options.model.resolve()}", f"--pairs={options.pairs.resolve()}"]  # fmt: skip
            environment = os.environ | {"PYTHONPATH": str(ways[name]), "OMP_NUM_THREADS": "1"}
            done = subprocess.run(command, cwd=ways[name], env=environment, check=True, capture_output=True, text=True)
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
            print(name, done.stdout.splitlines()[-1], file=sys.stderr, flush=True)
    seconds = {name: [second for run in runs for second in run["seconds"]] for name, runs in found.items()}
    ratios = [before / now for before, now in zip(seconds["before"], seconds["now"], strict=True)]
    return {
        "turns": options.turns,
        "batch_size": options.batch_size,
        "ratio": summary(ratios),
        "ratio_of_sums": round(sum(seconds["before"]) / sum(seconds["now"]), 2),
        **{
            f"{name}_{key}": value
            for name, runs in found.items()
            for key, value in {
                "seconds_per_step": round(statistics.median(seconds[name]), 2),
                "peak_gib": max(run["peak_gib"] for run in runs),
                "losses": [round(loss, 4) for loss in runs[0]["losses"]],
            }.items()
        },
    }


def summary(ratios: Sequence[float]) -> dict[str, float]:
    """Return the median and the quartiles of ratios."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {"median": round(middle, 2), "quartile_1": round(low, 2), "quartile_3": round(high, 2), "count": len(ratios)}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.precision", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ways: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {"losses": losses, "steps": steps, "child": child}
    parser.add_argument("way", choices=ways)
    parser.add_argument("--model", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--pairs", type=Path, required=True, metavar="FILE")
    parser.add_argument("--count", type=int, default=500, help="losses: pairs")
    parser.add_argument("--max-tokens", type=int, default=2048, help="losses: tokens of a padded batch")
    parser.add_argument("--before", type=Path, metavar="CLONE", help="steps: clone of the repository at another commit")
    parser.add_argument("--batch-size", type=int, default=8, help="steps: pairs of a step")
    parser.add_argument("--steps", type=int, default=6, help="steps: per process, of which the first two do not count")
    parser.add_argument("--turns", type=int, default=3, help="steps: processes of each code")
    options = parser.parse_args()
    limit_threads(1)
    torch.manual_seed(0)
    print(json.dumps(ways[options.way](options)))


if __name__ == "__main__":
    main()
