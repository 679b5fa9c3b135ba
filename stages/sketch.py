"""One pass over the pool: small gradients at the tracked linears, from which influence is estimated without another.

With `gradients.sketch_rank: 0` nothing is taken, and the model not loaded.
"""

import logging

from gdig.config import Params
from gdig.influence.kfac import load_curvature
from gdig.influence.sketch import sketches, width
from gdig.io.files import atomic_folder, write_text
from gdig.io.matrix import BYTES
from gdig.io.records import read_pairs
from gdig.lm.load import load_tokenizer
from gdig.lm.passes import processes
from gdig.lm.passes.shards import pool_pass
from gdig.lm.prompt import encode_instructions
from gdig.lm.sharding import load_sharded
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    rank = params.gradients.sketch_rank
    if processes.rank() == 0:
        write_text(paths.no_sketch, "Exact influence reads no sketches.\n")
    if not rank:
        if processes.rank() == 0:
            with atomic_folder(paths.sketch) as folder:
                write_text(folder / "none", "gradients.sketch_rank is 0.\n")
        return
    model, tokenizer = load_sharded(paths.warmup, params.curvature.dtype), load_tokenizer(paths.warmup)
    bases = load_curvature(paths.curvature, model.device)
    examples = encode_instructions(read_pairs(paths.pool), tokenizer, params.prompt)
    mib = len(examples) * width((basis.shape for basis in bases.values()), rank) * BYTES / 2**20
    logger.info("sketch: %d pairs at %d linears, rank %d: %.1f MiB", len(examples), len(bases), rank, mib)
    max_tokens = params.gradients.max_tokens
    pool_pass(
        paths.sketch,
        "sketch",
        [example.id for example in examples],
        params.gradients.shard_size,
        lambda rows: sketches(model, [examples[row] for row in rows], bases, rank, max_tokens).numpy(),
        values=(rank, max_tokens, params.curvature.dtype, params.prompt),
        files=[paths.warmup, paths.pool, paths.curvature],
    )
