"""Measure pairs that are known to be sound, the seeds, and corrupted copies of them, as pool pairs are measured.

Each is judged by its influence on the seeds that it was not made of, and by its loss under the two models.
"""

import logging

import numpy as np

from gdig.config import Params
from gdig.influence.damping import Damping
from gdig.influence.estimators import exact
from gdig.influence.kfac import load_curvature
from gdig.io.files import read_json, rounded
from gdig.io.records import read_pairs, write_rows
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.loss import dataset_losses
from gdig.lm.prompt import encode_base_format, encode_instructions
from gdig.run.paths import Paths
from gdig.selectors.gdig_joint.cleanliness import consistency
from gdig.selectors.gdig_joint.controls import make_controls, other_seeds_mask

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    seeds = read_pairs(paths.seeds)
    controls = make_controls(seeds, read_pairs(paths.pool), params.controls)
    pairs, max_tokens = [control.pair for control in controls], params.controls.max_tokens
    tokenizer = load_tokenizer(paths.warmup)
    examples = encode_instructions(pairs, tokenizer, params.prompt)
    record = read_json(paths.warmup / "record.json")
    model = load_model(paths.warmup, params.curvature.dtype)
    # They are few: by passes over them, whatever estimates the pool's influence.
    estimator = exact(
        model,
        examples,
        encode_instructions(seeds, tokenizer, params.prompt),
        load_curvature(paths.curvature, model.device),
        Damping.of(params.influence, record["num_steps"], record["sum_of_rates"]),
        params.influence,
    )
    logger.info("controls: %s", estimator.description)
    rows = range(len(examples))
    influence_CM = np.concatenate([prepare()(rows) for prepare in estimator.passes], axis=1)
    consistency_C = consistency(influence_CM, other_seeds_mask(controls, [seed.id for seed in seeds]))
    del estimator, model
    # As rank_loss and rank_base_loss measure the pool.
    dtype = params.passes.dtype
    losses = dataset_losses(load_model(paths.warmup, dtype), examples, max_tokens, "loss of controls")
    examples = encode_base_format(pairs, load_tokenizer(paths.base), params.prompt)
    base_losses = dataset_losses(load_model(paths.base, dtype), examples, max_tokens, "base loss of controls")
    write_rows(
        paths.controls,
        (
            rounded(
                {
                    "id": control.pair.id,
                    "seed": control.seed,
                    "kind": control.kind,
                    "consistency": float(value),
                    "base_loss": base_losses[control.pair.id],
                    "loss": losses[control.pair.id],
                    "src": control.pair.src,
                    "trg": control.pair.trg,
                },
                6,
            )
            for control, value in zip(controls, consistency_C, strict=True)
        ),
    )
