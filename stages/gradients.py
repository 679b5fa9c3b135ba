"""One pass over the pool: the projected gradient of the final MLP layer of every pair, by which pairs are clustered."""

import logging

from gdig.config import Params
from gdig.influence.projection import project_gradients, projection
from gdig.io.records import read_pairs
from gdig.lm.layers import final_linear, linear_shape
from gdig.lm.load import load_tokenizer
from gdig.lm.passes.shards import pool_pass
from gdig.lm.prompt import encode_instructions
from gdig.lm.sharding import load_sharded
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    max_tokens = params.gradients.max_tokens
    model, tokenizer = load_sharded(paths.warmup, params.curvature.dtype), load_tokenizer(paths.warmup)
    name = final_linear(model, params.gradients.linear)
    project = projection(
        *linear_shape(model, name),
        dim=params.gradients.dim,
        kind=params.gradients.projection,
        memory_gib=params.gradients.memory_gib,
        seed=params.gradients.seed,
        device=model.device,
    )
    examples = encode_instructions(read_pairs(paths.pool), tokenizer, params.prompt)
    logger.info("gradients: %d pairs at %s to %d dimensions", len(examples), name, params.gradients.dim)
    # Not the whole section: sketches are another stage's.
    settings = name, params.gradients.dim, params.gradients.projection, params.gradients.seed, max_tokens
    pool_pass(
        paths.gradients,
        "gradient",
        [example.id for example in examples],
        params.gradients.shard_size,
        lambda rows: project_gradients(model, name, [examples[row] for row in rows], project, max_tokens).numpy(),
        values=(settings, params.curvature.dtype, params.prompt),
        files=[paths.warmup, paths.pool],
    )
