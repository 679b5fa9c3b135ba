"""Retrain the base model on random subsets of a part of the pool, and measure every seed pair: what influence predicts.

Runs are by the recipe of the cells without choice of a checkpoint, each with every training seed of `lds.seeds`.
"""

import numpy as np

from gdig.config import Params
from gdig.io.matrix import FloatArray
from gdig.io.records import read_pairs, write_rows
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.loss import dataset_losses
from gdig.lm.passes.replicates import map_replicates
from gdig.lm.passes.shards import pool_pass
from gdig.lm.prompt import Example, encode_instructions
from gdig.run.paths import Paths
from gdig.training.run import train
from gdig.trials.lds_subsets import draw


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings, training = params.lds, params.finetune.training
    tokenizer = load_tokenizer(paths.base)
    pairs = read_pairs(paths.pool)
    subsets = draw([pair.id for pair in pairs], settings.num_pairs, settings.num_subsets, settings.subset_share,
                   settings.seed)  # fmt: skip
    examples = {example.id: example for example in encode_instructions(pairs, tokenizer, params.prompt)}
    seeds = encode_instructions(read_pairs(paths.seeds), tokenizer, params.prompt)
    runs = [(number, seed) for number in range(len(subsets)) for seed in settings.seeds]

    def losses(run: int) -> list[float]:
        number, seed = runs[run]
        members: list[Example] = [examples[i] for i in subsets[number]]
        model = load_model(paths.base)
        train(model, members, training, seed, f"subset {number}, seed {seed}")
        return list(dataset_losses(model, seeds, settings.max_tokens, f"losses {number}").values())

    def compute(rows: range) -> FloatArray:
        return np.array(map_replicates(losses, rows), dtype=np.float32)

    pool_pass(
        paths.lds_losses,
        "losses",
        [f"{number}/{seed}" for number, seed in runs],
        settings.shard_size,
        compute,
        values=(settings, training, params.prompt),
        files=[paths.base, paths.pool, paths.seeds],
    )
    write_rows(paths.lds_subsets, ({"id": f"{number}", "ids": ids} for number, ids in enumerate(subsets)))
