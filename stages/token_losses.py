"""Passes over the pool: what every target costs one model with its prompt, and without.

The base model and a small one are shown pairs in the base model's own format, which they can know; models that were
finetuned see the instruction.
"""

from gdig.config import Params
from gdig.io.matrix import FloatArray
from gdig.io.records import read_pairs
from gdig.io.token_losses import COLUMN
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.memory import enough_memory
from gdig.lm.passes.shards import pool_pass
from gdig.lm.prompt import encode_base_format, encode_instructions, may_exceed
from gdig.run.paths import Paths
from gdig.selectors.common.response_losses import published_context, response_loss_sums, start_of_text

NOT_FINETUNED = "base", "small_model"

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths, scorer: str) -> None:
    """Run the stage."""
    settings = params.token_losses
    model, tokenizer = load_model(paths.scorer_model, params.passes.dtype), load_tokenizer(paths.scorer_model)
    is_finetuned = scorer not in NOT_FINETUNED
    encode = encode_instructions if is_finetuned else encode_base_format
    pairs = read_pairs(paths.pool)
    start = start_of_text(tokenizer)
    published = published_context(tokenizer, params.prompt, is_finetuned=is_finetuned)
    # Before the pass: a pair that is longer than the model reads ends it.
    encode(may_exceed(pairs, tokenizer, params.prompt), tokenizer, params.prompt)

    @enough_memory("token_losses.max_tokens", settings.max_tokens)
    def compute(rows: range) -> FloatArray:
        examples = encode(pairs[rows.start : rows.stop], tokenizer, params.prompt)
        return response_loss_sums(model, examples, start, published, settings.max_tokens)

    pool_pass(
        paths.token_losses,
        COLUMN,
        [pair.id for pair in pairs],
        settings.shard_size,
        compute,
        values=(settings, params.prompt, scorer, str(model.dtype)),
        files=[paths.scorer_model, paths.pool],
    )
