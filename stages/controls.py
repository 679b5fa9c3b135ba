"""Measure pairs that are known to be sound, the seeds, and corrupted copies of them, as pool pairs are measured.

Each is judged by its influence on the seeds that it was not made of, and by its loss under the two models.
"""

import logging

import numpy as np

from gdig import processes, stage
from gdig.cleanliness.controls import corrupted, others
from gdig.cleanliness.evidence import consistency
from gdig.config import Params
from gdig.curvature.damping import Damping
from gdig.curvature.kfac import load_curvature
from gdig.data.prompt import encode_base_format, encode_instructions
from gdig.files import read_json, rounded
from gdig.influence.estimators import exact
from gdig.model.load import load_model, load_tokenizer
from gdig.model.loss import dataset_losses
from gdig.model.sharding import load_sharded
from gdig.paths import Paths
from gdig.records import read_pairs, write_rows

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings, tokenizer = params.controls, load_tokenizer(paths.warmup)
    seeds = read_pairs(paths.seeds)
    pairs, kinds = corrupted(seeds, read_pairs(paths.pool), settings)
    examples = encode_instructions(pairs, tokenizer, params.prompt)
    seed_examples = encode_instructions(seeds, tokenizer, params.prompt)

    model = load_sharded(paths.warmup, params.curvature.dtype)
    record = read_json(paths.warmup / "record.json")
    damping = Damping.of(params.influence, record["num_steps"], record["sum_of_rates"])
    curvature = load_curvature(paths.curvature, model.device)
    # Few pairs: by passes over them whatever estimates the pool's influence.
    estimator = exact(model, examples, seed_examples, curvature, damping, params.influence)
    logger.info("controls: %s", estimator.description)
    rows = range(len(examples))
    influence_CM = np.concatenate([prepare()(rows) for prepare in estimator.passes], axis=1)
    consistency_C = consistency(influence_CM, others([pair.id for pair in pairs], [seed.id for seed in seeds]))

    losses = dataset_losses(model, examples, settings.max_tokens, "loss of controls")
    base, base_tokenizer = load_model(paths.base), load_tokenizer(paths.base)
    in_base_format = encode_base_format(pairs, base_tokenizer, params.prompt)
    base_losses = dataset_losses(base, in_base_format, settings.max_tokens, "base loss of controls")
    if processes.rank() == 0:
        write_rows(
            paths.controls,
            (
                rounded(
                    {
                        "id": pair.id,
                        "kind": kinds[pair.id],
                        "consistency": float(value),
                        "base_loss": base_losses[pair.id],
                        "loss": losses[pair.id],
                        "src": pair.src,
                        "trg": pair.trg,
                    },
                    6,
                )
                for pair, value in zip(pairs, consistency_C, strict=True)
            ),
        )


if __name__ == "__main__":
    stage.run(main)
