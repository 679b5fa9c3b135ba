"""(E)K-FAC curvature of the tracked linears of theta_T over a sample of the pool, in its eigenbasis.

Damping is applied later, where influence is computed.
"""

import logging

from gdig.config import Params
from gdig.influence.ekfac import curvature
from gdig.influence.kfac import save_curvature, without_curvature
from gdig.io.order import shuffled
from gdig.io.records import read_pairs, select
from gdig.lm.layers import tracked_linears
from gdig.lm.load import load_tokenizer
from gdig.lm.passes import processes
from gdig.lm.prompt import encode_instructions
from gdig.lm.sharding import load_sharded
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.curvature
    pool = read_pairs(paths.pool)
    sample = select(pool, shuffled((pair.id for pair in pool), settings.seed)[: settings.num_examples])
    model, tokenizer = load_sharded(paths.warmup, settings.dtype), load_tokenizer(paths.warmup)
    names = tracked_linears(model, settings.layer_step, settings.linears)
    logger.info("curvature: %d pairs, tracked linears: %s", len(sample), ", ".join(names))
    examples = encode_instructions(sample, tokenizer, params.prompt)
    bases = curvature(
        model, names, examples, kind=settings.kind, max_tokens=settings.max_tokens, memory_gib=settings.memory_gib
    )
    without_curvature(bases)
    if processes.rank() == 0:
        save_curvature(paths.curvature, bases)
