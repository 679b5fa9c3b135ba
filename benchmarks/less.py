"""How well the ranking of LESS agrees with that of whole gradients, on the artifacts of the profile in params.yaml.

    dvc repro less_warmup && python -m benchmarks.less --out FILE.jsonl

One JSON object a projection and dimension: Spearman between influence from projected gradients and from whole ones of
all adapters, over a sample of the pool, and the seconds of the projection alone for the whole pool. Two
seeds of the projection are taken, and the worse is told. The last rows compare what params leave open, by whole
gradients: the steps of Adam with gradients, seeds each at unit length with their mean.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from benchmarks.begin import begin
from benchmarks.rows import report
from gdig.config import Params
from gdig.influence.capture import per_example
from gdig.io.files import read_json
from gdig.io.order import shuffled
from gdig.io.records import read_pairs, select
from gdig.lm.load import load_tokenizer
from gdig.lm.prompt import Example, encode_instructions
from gdig.run.command import command
from gdig.run.paths import Paths
from gdig.selectors.less import ranking as less
from gdig.selectors.less.gradients import Checkpoint, Direction, load_checkpoint, sgd, unit
from gdig.selectors.less.random_projection import RandomProjection

SEEDS = 1, 2


@dataclass
class Parts:
    """Gradients of all adapters as they are."""

    checkpoint: Checkpoint
    max_tokens: int

    def of(self, examples: Sequence[Example], direction: Direction) -> torch.Tensor:
        """Return whole directions, parts side by side."""
        return per_example(
            self.checkpoint.model,
            self.checkpoint.names,
            examples,
            self.max_tokens,
            lambda taps: torch.cat(
                [direction(name, tap.weight_gradients()).flatten(1) for name, tap in taps.items()], dim=1
            ),
        )


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.less", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", nargs="+", choices=("rademacher", "hashed"), default=["rademacher", "hashed"])
    parser.add_argument("--dims", type=int, nargs="+", default=[512, 1024, 2048, 4096])
    parser.add_argument("--shared", action="store_true", help="one projection for all checkpoints, as LESS has it")
    parser.add_argument("--candidates", type=int, default=1000, help="pairs of the pool")
    parser.add_argument("--out", type=Path, help="file of JSON lines to write")
    arguments = parser.parse_args()
    params, paths = begin()
    if not paths.less_warmup.is_dir():
        parser.error(f"{paths.less_warmup} is missing: run `dvc repro less_warmup`")
    report(
        measure(params, paths, arguments.kinds, arguments.dims, arguments.candidates, arguments.shared), arguments.out
    )


def measure(
    params: Params, paths: Paths, kinds: list[Any], dims: list[int], num_candidates: int, is_shared: bool
) -> Iterator[dict[str, Any]]:
    """Yield the figures of each projection and dimension."""
    settings, seed_gradients = params.less_gradients, params.rank_less.seed_gradients
    tokenizer = load_tokenizer(paths.base)
    pool = read_pairs(paths.pool)
    sample = select(pool, shuffled((pair.id for pair in pool), 1)[:num_candidates])
    candidates = encode_instructions(sample, tokenizer, params.prompt)
    seeds = encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt)
    checkpoints = read_json(paths.less_warmup / "record.json")["checkpoints"]
    rates = [checkpoint["mean_rate"] for checkpoint in checkpoints]
    ways = [(kind, dim, seed) for kind in kinds for dim in dims for seed in SEEDS]
    found: dict[Any, list[tuple[Any, Any]]] = {}
    seconds = dict.fromkeys(ways, 0.0)
    num_numbers = 0
    for number in range(1, len(checkpoints) + 1):
        checkpoint = load_checkpoint(paths.base, paths.less_warmup, number)
        parts = Parts(checkpoint, settings.max_tokens)
        seeds_MD = parts.of(seeds, sgd)
        for name, direction in (("adam", checkpoint.adam), ("sgd", sgd)):
            whole_ND = parts.of(candidates, direction)
            num_numbers = whole_ND.shape[1]
            found.setdefault(name, []).append((unit(whole_ND).numpy(), seeds_MD.numpy()))
            if name != settings.optimizer:
                continue
            for way in ways:
                kind, dim, seed = way
                projection = RandomProjection(
                    checkpoint.sizes(),
                    dim=dim,
                    kind=kind,
                    memory_gib=1e9,
                    seed=seed,
                    turn=1 if is_shared else number,
                    device=whole_ND.device,
                )
                start = time.monotonic()
                projected = [unit(_project(checkpoint, projection, whole_ND)).numpy()]
                seconds[way] += time.monotonic() - start
                found.setdefault(way, []).append((*projected, _project(checkpoint, projection, seeds_MD).numpy()))  # type: ignore[arg-type]

    def score(key: Any, how: Any = seed_gradients) -> Any:
        candidates_NCK, seeds_MCK = (np.stack(side, axis=1) for side in zip(*found[key], strict=True))
        return less.influence(candidates_NCK, less.targets(seeds_MCK, rates, [""] * len(seeds), how))[0]

    exact_N = score(settings.optimizer)
    about = {"num_candidates": len(sample), "num_seeds": len(seeds), "num_numbers": num_numbers}
    for kind in kinds:
        for dim in dims:
            agreed = [spearmanr(score((kind, dim, seed)), exact_N).statistic for seed in SEEDS]
            taken = min(seconds[kind, dim, seed] for seed in SEEDS) * len(pool) / len(sample)
            yield {
                "projection": kind,
                "shared": is_shared,
                "dim": dim,
                "spearman": min(agreed),
                "seconds": taken,
            } | about
    for what, other_N in (
        ("the other of adam and sgd", score("sgd" if settings.optimizer == "adam" else "adam")),
        ("the other of each and mean", score(settings.optimizer, "mean" if seed_gradients == "each" else "each")),
    ):
        yield {"compared": what, "spearman": spearmanr(other_N, exact_N).statistic} | about


def _project(checkpoint: Checkpoint, projection: RandomProjection, whole_ND: torch.Tensor) -> torch.Tensor:
    projected_KN = whole_ND.new_zeros(projection.dim, len(whole_ND))
    start = 0
    for name, size in checkpoint.sizes().items():
        projection.add(projected_KN, name, whole_ND[:, start : start + size].contiguous())
        start += size
    return projected_KN.T.contiguous()


if __name__ == "__main__":
    main()
