"""One pass over the pool: a sentence embedding of every candidate, by the base model or an encoder."""

import logging

from gdig import stage
from gdig.config import Params
from gdig.files import digest
from gdig.folders import fingerprint, scratch_root
from gdig.model.embed import embed, encode_texts, load_base, load_encoder
from gdig.model.hub import model_folder
from gdig.paths import Paths
from gdig.records import read_pairs
from gdig.shards import compute_shards

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.embeddings
    of_base = settings.model == "base"
    folder = paths.base if of_base else model_folder(settings.model, settings.revision, "embeddings")
    model, tokenizer = load_base(folder) if of_base else load_encoder(folder)
    pairs = read_pairs(paths.pool)
    encoded = encode_texts(model, tokenizer, pairs, settings.text, params.prompt if of_base else None)
    if encoded.num_truncated:
        logger.warning("embeddings: %d of %d texts are cut to what the model reads", encoded.num_truncated, len(pairs))
    key = fingerprint(settings, params.prompt, digest(folder), digest(paths.pool))
    compute_shards(
        paths.embeddings,
        scratch_root() / f"embeddings-{key}",
        "embedding",
        [pair.id for pair in pairs],
        settings.shard_size,
        lambda rows: embed(model, tokenizer, [encoded.rows[row] for row in rows], settings.max_tokens),
    )


if __name__ == "__main__":
    stage.run(main, several=True)
