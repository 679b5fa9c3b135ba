"""Does influence predict retraining? The linear datamodeling score of variants of influence.

    dvc repro selectors/dvc.yaml:lds_runs@embedded
    python -m benchmarks.lds --out FILE.jsonl

Models were retrained on random subsets of a part of the pool (stage lds_runs). Each variant predicts the loss of every
seed pair after training on a subset as the sum of the influences of its pairs; its score is the Spearman correlation
over subsets of that with the loss measured. One JSON object a variant: the score per seed pair and of the mean over
seeds, with bootstrap intervals over subsets; the ceiling that the noise of training leaves; how the order of pairs
agrees with that of the default (Spearman over pairs, for each seed pair and of the mean over them); and seconds,
without those of training.
"""

import argparse
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.begin import begin
from benchmarks.lds.score import Array, per_seed, summary
from benchmarks.lds.states import State, ensemble, trajectory
from benchmarks.lds.variants import DEFAULT, VARIANTS, Variant, low_loss, predict
from benchmarks.rows import report
from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.order import shuffled
from gdig.io.records import read_pairs, read_rows
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.prompt import Example, encode_instructions
from gdig.run.command import command
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)


@command
def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="variants whose name has one of these")
    parser.add_argument("--checkpoints", type=int, default=4, help="states of a run for averages (%(default)s)")
    parser.add_argument("--runs", type=int, default=4, help="runs of an ensemble (%(default)s)")
    parser.add_argument("--skip", type=int, default=0, metavar="COUNT",
                        help="subsets to leave out, the first, as those by which a variant was chosen")  # fmt: skip
    parser.add_argument("--out", type=Path, help="file of JSON lines to write")
    arguments = parser.parse_args()
    params, paths = begin()
    if not paths.lds_losses.is_dir():
        parser.error(f"{paths.lds_losses} is missing; run `dvc repro selectors/dvc.yaml:lds_runs@{paths.profile}`")
    chosen = [v for v in VARIANTS if not arguments.only or any(text in v.name for text in arguments.only)]
    if not 0 <= arguments.skip <= params.lds.num_subsets - 3:
        parser.error(f"--skip {arguments.skip}: of {params.lds.num_subsets} subsets 3 at least must be left")
    report(measure(params, paths, chosen, arguments.checkpoints, arguments.runs, arguments.skip), arguments.out)


def measure(
    params: Params, paths: Paths, variants: Sequence[Variant], num_checkpoints: int, num_runs: int, skip: int
) -> Iterator[dict[str, Any]]:
    """Yield the figures of the control, low loss under theta_T, and of variants, behind the first `skip` subsets."""
    subsets = {int(row["id"]): row["ids"] for row in read_rows(paths.lds_subsets)}
    real_RKM = _retrained(paths, len(subsets), params.lds.seeds)
    part = sorted({i for ids in subsets.values() for i in ids})
    column = {i: number for number, i in enumerate(part)}
    members_KN = np.zeros((len(subsets), len(part)))
    for number, ids in subsets.items():
        members_KN[number, [column[i] for i in ids]] = 1

    tokenizer, pool = load_tokenizer(paths.base), read_pairs(paths.pool)
    every = encode_instructions(pool, tokenizer, params.prompt)
    seeds = encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt)
    ids = [pair.id for pair in pool]
    candidates = _pick(every, part)
    sample = _pick(every, shuffled(ids, params.curvature.seed)[: params.curvature.num_examples])
    warmed = _pick(every, shuffled(ids, params.warmup.seed)[: max(1, round(len(ids) * params.warmup.pool_share))])
    warmed_up = trajectory(paths.base, warmed, params.warmup.training, params.warmup.seed, num_checkpoints)
    model = load_model(paths.base)
    base = State(0, {name: tensor.clone() for name, tensor in model.state_dict().items()}, warmed_up[-1].second_moments)
    thetas = {"base": [base], "warmup": warmed_up[-1:], "checkpoints": warmed_up}
    if any(variant.theta == "ensemble" for variant in variants):
        start = time.monotonic()
        # Subsets of another seed than those that are predicted.
        thetas["ensemble"] = ensemble(paths.base, candidates, params.lds.subset_share, params.finetune.training,
                                      params.lds.seed + 1, num_runs, num_checkpoints)  # fmt: skip
        logger.info("%d runs of the ensemble: %.0f s", num_runs, time.monotonic() - start)

    def mean_over(states: Sequence[State], way: Callable[[State], torch.Tensor]) -> Array:
        total_NM = torch.zeros(len(candidates), len(seeds))
        for state in states:
            model.load_state_dict(state.weights)
            total_NM += way(state) / len(states)
        return total_NM.double().numpy()

    def predicted(variant: Variant) -> Array:
        return mean_over(
            thetas[variant.theta],
            lambda state: predict(variant, model, state.second_moments, candidates, seeds, sample),
        )

    default_NM = predicted(DEFAULT)

    def scored(name: str, way: Callable[[], Array]) -> dict[str, Any]:
        start = time.monotonic()
        influence_NM = way()
        seconds = time.monotonic() - start
        logger.info("%s: %.0f s", name, seconds)
        significance = params.significance
        found = summary(members_KN[skip:] @ influence_NM, real_RKM[:, skip:], significance.num_samples,
                        significance.confidence, significance.seed)  # fmt: skip
        return {"variant": name, **found, "agreement": agreement(influence_NM, default_NM), "seconds": seconds}

    def control(state: State) -> torch.Tensor:
        return low_loss(model, candidates, len(seeds))

    yield scored("low loss under theta_T", lambda: mean_over(warmed_up[-1:], control))
    for variant in variants:
        yield scored(variant.name, partial(predicted, variant))


def agreement(influence_NM: Array, default_NM: Array) -> dict[str, float]:
    """Return the Spearman correlation over pairs: the mean of those for each seed, and that of the means over seeds."""
    means = [values_NM.mean(axis=1, keepdims=True) for values_NM in (influence_NM, default_NM)]
    return {"per_seed": float(per_seed(influence_NM, default_NM).mean()), "of_mean": float(per_seed(*means).item())}


def _retrained(paths: Paths, num_subsets: int, seeds: Sequence[int]) -> Array:
    """Return the losses after retraining, real_RKM."""
    names, losses = read_matrix(paths.lds_losses, "losses")
    rows = dict(zip(names, losses.astype(np.float64), strict=True))
    return np.stack([[rows[f"{number}/{seed}"] for number in range(num_subsets)] for seed in seeds])


def _pick(examples: Sequence[Example], ids: Sequence[str]) -> list[Example]:
    by_id = {example.id: example for example in examples}
    return [by_id[i] for i in ids]


if __name__ == "__main__":
    main()
