"""Nuggets: how much likelier the base model finds the answers of anchors behind each candidate as a demonstration."""

import logging

import numpy as np

from gdig.config import Params
from gdig.io.matrix import FloatArray
from gdig.io.order import shuffled
from gdig.io.records import read_pairs, select
from gdig.io.tokens import prompt_start
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.memory import enough_memory
from gdig.lm.passes.shards import pool_pass
from gdig.lm.prompt import max_positions, may_exceed
from gdig.run.paths import Paths
from gdig.selectors.nuggets.one_shot import (
    encode_anchors,
    encode_demonstrations,
    one_shot_losses,
    require_room_for_anchors,
    zero_shot_losses,
)

logger = logging.getLogger(__name__)

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.one_shot
    model, tokenizer = load_model(paths.base, params.passes.dtype), load_tokenizer(paths.base)
    pool, seeds = read_pairs(paths.pool), read_pairs(paths.seeds)
    drawn = shuffled((pair.id for pair in seeds), settings.seed)[: settings.num_anchors]
    anchors = encode_anchors(select(seeds, drawn), tokenizer, params.prompt)
    unsure = may_exceed(pool, tokenizer, params.prompt, spare=max(len(anchor.tokens) for anchor in anchors))
    require_room_for_anchors(encode_demonstrations(unsure, tokenizer, params.prompt), anchors, max_positions(tokenizer))
    with enough_memory("one_shot.max_tokens", settings.max_tokens):
        zero_shot_M = zero_shot_losses(model, anchors, prompt_start(tokenizer), settings.max_tokens)
    logger.info("one_shot: %d anchors, whose answers have a mean loss of %.3f alone", len(anchors), zero_shot_M.mean())

    @enough_memory("one_shot.max_tokens", settings.max_tokens)
    def compute(rows: range) -> FloatArray:
        demonstrations = encode_demonstrations(pool[rows.start : rows.stop], tokenizer, params.prompt)
        losses_NM = one_shot_losses(model, demonstrations, anchors, settings.max_tokens)
        return (zero_shot_M - losses_NM).astype(np.float32)

    pool_pass(
        paths.one_shot,
        "gain",
        [pair.id for pair in pool],
        settings.shard_size,
        compute,
        values=(settings, params.prompt, str(model.dtype)),
        files=[paths.base, paths.pool, paths.seeds],
    )
