"""Does influence predict retraining? The linear datamodeling score of variants of influence.

    dvc exp run -S 'features.lds=[lds]' lds_runs      # or the feature in a profile and `dvc repro lds_runs`
    python -m benchmarks.lds --out FILE.jsonl

Models were retrained on random subsets of a part of the pool (stage lds_runs). Each variant predicts the loss of every
seed pair after training on a subset as the sum of the influences of its pairs; its score is the Spearman correlation
over subsets of that with the loss measured. One JSON object a variant: the score per seed pair and of the mean over
seeds, with bootstrap intervals over subsets; the ceiling that the noise of training leaves; and seconds.
"""

import argparse
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.lds.states import State, warm_up
from benchmarks.lds.variants import VARIANTS, Variant, low_loss, predict
from benchmarks.rows import report
from gdig.config import Params, load_params
from gdig.data.prompt import Example, encode_instructions
from gdig.lds.score import Array, summary
from gdig.model.load import load_model, load_tokenizer
from gdig.order import shuffled
from gdig.paths import Paths
from gdig.records import read_pairs, read_rows
from gdig.shards import read_matrix
from gdig.stage import limit_threads

logger = logging.getLogger(__name__)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="variants whose name has one of these")
    parser.add_argument("--checkpoints", type=int, default=4, help="states of the warm-up for averages (%(default)s)")
    parser.add_argument("--out", type=Path, help="file of JSON lines to write")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    limit_threads(1)
    params = load_params()
    paths = Paths(profile=params.profile)
    if not paths.lds_losses.is_dir():
        parser.error(f"{paths.lds_losses} is missing: write `lds: [lds]` under features in params.yaml and run "
                     f"`dvc repro lds_runs`")  # fmt: skip
    chosen = [v for v in VARIANTS if not arguments.only or any(text in v.name for text in arguments.only)]
    report(measure(params, paths, chosen, arguments.checkpoints), arguments.out)


def measure(
    params: Params, paths: Paths, variants: Sequence[Variant], num_checkpoints: int
) -> Iterator[dict[str, Any]]:
    """Yield the figures of the control, low loss under theta_T, and of each variant."""
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
    states = warm_up(paths.base, warmed, params.warmup.training, params.warmup.seed, num_checkpoints)
    model = load_model(paths.base)
    base = State(0, {name: tensor.clone() for name, tensor in model.state_dict().items()}, states[-1].second_moments)

    def scored(name: str, thetas: Sequence[State], way: Any) -> dict[str, Any]:
        start = time.monotonic()
        total_NM = torch.zeros(len(candidates), len(seeds))
        for state in thetas:
            model.load_state_dict(state.weights)
            total_NM += way(state) / len(thetas)
        seconds = time.monotonic() - start
        logger.info("%s: %.0f s", name, seconds)
        significance = params.significance
        found = summary(members_KN @ total_NM.double().numpy(), real_RKM, significance.num_samples,
                        significance.confidence, significance.seed)  # fmt: skip
        return {"variant": name, **found, "seconds": seconds}

    yield scored("low loss under theta_T", states[-1:], lambda state: low_loss(model, candidates, len(seeds)))
    for variant in variants:
        thetas = {"base": [base], "warmup": states[-1:], "checkpoints": states}[variant.theta]
        yield scored(
            variant.name,
            thetas,
            lambda state, variant=variant: predict(variant, model, state.second_moments, candidates, seeds, sample),
        )


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
