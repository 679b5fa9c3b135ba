"""K-FAC factors of the tracked linears of theta_T, over a sample of the pool, in their eigenbases.

Damping is applied later, where influence is computed.
"""

import logging

from gdig import stage
from gdig.config import Params
from gdig.curvature.kfac import eigenbasis, factors, save_curvature
from gdig.data.prompt import encode_instructions
from gdig.model.layers import tracked_linears
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
    model, tokenizer = load_model(paths.warmup), load_tokenizer(paths.warmup)
    names = tracked_linears(model, settings.layer_step, settings.linears)
    logger.info("curvature: %d pairs, tracked linears: %s", len(sample), ", ".join(names))
    statistics = factors(model, names, encode_instructions(sample, tokenizer, params.prompt), settings.max_tokens)
    save_curvature(paths.curvature, {name: eigenbasis(*statistics[name]) for name in names})


if __name__ == "__main__":
    stage.run(main)
