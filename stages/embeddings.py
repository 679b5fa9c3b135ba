"""One pass over the pool: a sentence embedding of every candidate, by the base model or an encoder."""

from gdig.config import Params
from gdig.io.matrix import FloatArray
from gdig.io.records import read_pairs
from gdig.lm.encoder import Encoded, count_truncated
from gdig.lm.hub import model_folder
from gdig.lm.memory import enough_memory
from gdig.lm.passes import processes
from gdig.lm.passes.shards import pool_pass
from gdig.run.paths import Paths
from gdig.selectors.common.embeddings import embed, encode_texts, load_base, load_encoder

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.embeddings
    of_base = settings.model == "base"
    folder = paths.base if of_base else model_folder(settings.model, settings.revision, "embeddings")
    model, tokenizer = (load_base if of_base else load_encoder)(folder, params.passes.dtype)
    pairs = read_pairs(paths.pool)

    # Tokens of a whole pool, as lists, would fill the memory of every process.
    def encoded(rows: range) -> Encoded:
        part = pairs[rows.start : rows.stop]
        return encode_texts(model, tokenizer, part, settings.text, params.prompt if of_base else None)

    @enough_memory("embeddings.max_tokens", settings.max_tokens)
    def compute(rows: range) -> FloatArray:
        return embed(model, tokenizer, encoded(rows).rows, settings.max_tokens)

    pool_pass(
        paths.embeddings,
        "embedding",
        [pair.id for pair in pairs],
        settings.shard_size,
        compute,
        values=(settings, params.prompt, str(model.dtype)),
        files=[folder, paths.pool],
    )
    if processes.rank() == 0:
        count_truncated(encoded, len(pairs), settings.shard_size, "embeddings")
