"""One pass of the base model over seeds and pool: a weighted mean of the last hidden states of every pair."""

from gdig.config import Params
from gdig.io.matrix import FloatArray
from gdig.io.records import read_pairs
from gdig.lm.load import load_model, load_tokenizer
from gdig.lm.memory import enough_memory
from gdig.lm.passes.shards import pool_pass
from gdig.lm.prompt import encode_instructions
from gdig.run.paths import Paths
from gdig.selectors.common.representations import represent

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.representations
    model, tokenizer = load_model(paths.base, params.passes.dtype), load_tokenizer(paths.base)
    for out, source in ((paths.seed_representations, paths.seeds), (paths.representations, paths.pool)):
        examples = encode_instructions(read_pairs(source), tokenizer, params.prompt)

        @enough_memory("representations.max_tokens", settings.max_tokens)
        def compute(rows: range, examples: list = examples) -> FloatArray:  # type: ignore[type-arg]
            return represent(model, examples[rows.start : rows.stop], settings.max_tokens)

        pool_pass(
            out,
            "representation",
            [example.id for example in examples],
            settings.shard_size,
            compute,
            values=(settings, params.prompt, str(model.dtype)),
            files=[paths.base, source],
        )
