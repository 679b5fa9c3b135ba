"""(E)K-FAC curvature of the tracked linears of theta_T over a sample of the pool, in its eigenbasis.

Damping is applied later, where influence is computed.
"""

import logging
from typing import Any

from gdig import processes, stage
from gdig.config import Params
from gdig.curvature.capture import Tap
from gdig.curvature.ekfac import corrected
from gdig.curvature.kfac import eigenbases, factors, save_curvature
from gdig.data.prompt import Example, encode_instructions
from gdig.model.layers import linear_shape, tracked_linears
from gdig.model.load import load_model, load_tokenizer
from gdig.order import shuffled
from gdig.paths import Paths
from gdig.records import read_pairs, select

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.curvature
    pool = read_pairs(paths.pool)
    sample = select(pool, shuffled((pair.id for pair in pool), settings.seed)[: settings.num_examples])
    model, tokenizer = load_model(paths.warmup, settings.dtype), load_tokenizer(paths.warmup)
    names = tracked_linears(model, settings.layer_step, settings.linears)
    logger.info("curvature: %d pairs, tracked linears: %s", len(sample), ", ".join(names))
    examples = encode_instructions(sample, tokenizer, params.prompt)
    keeps = settings.kind == "ekfac" and _tap_bytes(model, names, examples) <= settings.memory_gib * 2**30
    kept: list[dict[str, Tap]] | None = [] if keeps else None
    bases = eigenbases(factors(model, names, examples, settings.max_tokens, kept))
    if settings.kind == "ekfac":
        bases = corrected(model, bases, examples, settings.max_tokens, kept)
    if processes.rank() == 0:
        save_curvature(paths.curvature, bases)


def _tap_bytes(model: Any, names: list[str], examples: list[Example]) -> int:
    """Return the memory that inputs and gradients of all tokens take, in float32, padding left out."""
    return 4 * sum(map(sum, (linear_shape(model, name) for name in names))) * sum(len(e.tokens) for e in examples)


if __name__ == "__main__":
    stage.run(main, several=True)
