"""One pass over the pool: the projected gradient of the final MLP layer of every pair, by which pairs are clustered."""

import logging

from gdig import stage
from gdig.config import Params
from gdig.data.prompt import encode_instructions
from gdig.files import digest
from gdig.model.layers import final_linear, linear_shape
from gdig.model.load import load_tokenizer
from gdig.model.sharding import load_sharded
from gdig.paths import Paths
from gdig.projection import project_gradients, projection
from gdig.records import read_pairs
from gdig.shards import compute_shards, fingerprint, scratch_root

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.gradients
    model, tokenizer = load_sharded(paths.warmup, params.curvature.dtype), load_tokenizer(paths.warmup)
    name = final_linear(model, settings.linear)
    project = projection(
        *linear_shape(model, name),
        dim=settings.dim,
        kind=settings.projection,
        memory_gib=settings.memory_gib,
        seed=settings.seed,
        device=model.device,
    )
    examples = encode_instructions(read_pairs(paths.pool), tokenizer, params.prompt)
    logger.info("gradients: %d pairs at %s to %d dimensions", len(examples), name, settings.dim)
    key = fingerprint(settings, params.curvature.dtype, params.prompt, digest(paths.warmup), digest(paths.pool))
    compute_shards(
        paths.gradients,
        scratch_root() / f"gradients-{key}",
        "gradient",
        [example.id for example in examples],
        settings.shard_size,
        lambda rows: project_gradients(
            model, name, [examples[row] for row in rows], project, settings.max_tokens
        ).numpy(),
    )


if __name__ == "__main__":
    stage.run(main, several=True)
