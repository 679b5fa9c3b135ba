"""One pass over the pool: lengths, words, a near neighbour and the similarity of the two sides of every pair."""

import numpy as np
from numpy.typing import NDArray

from gdig.config import Params
from gdig.io.matrix import FloatArray, read_matrix
from gdig.io.records import read_pairs
from gdig.io.tokens import text_tokens
from gdig.lm.encoder import Encoded, count_truncated
from gdig.lm.hub import model_folder
from gdig.lm.load import load_tokenizer
from gdig.lm.memory import enough_memory
from gdig.lm.passes import processes
from gdig.lm.passes.shards import pool_pass
from gdig.run.paths import Paths
from gdig.selectors.common.embeddings import Text, embed, encode_texts, load_base, load_encoder
from gdig.selectors.mining.indicators import COLUMN, indicator_rows
from gdig.selectors.mining.neighbours import neighbour_distances, references

SEVERAL_PROCESSES = True
"""It divides its work, see `gdig.lm.passes.processes`."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings, name, revision = params.indicators, params.embeddings.model, params.embeddings.revision
    folder = paths.base if name == "base" else model_folder(name, revision, "embeddings")
    model, its_tokenizer = (load_base if name == "base" else load_encoder)(folder, params.passes.dtype)
    tokenizer = load_tokenizer(paths.base)
    pairs = read_pairs(paths.pool)
    ids, points_ND = read_matrix(paths.embeddings, "embedding")
    row_of = {i: row for row, i in enumerate(ids)}
    points_ND = points_ND[[row_of[pair.id] for pair in pairs]]
    chosen = set(references(ids, settings.num_references, settings.neighbour, settings.seed))
    are_references_N = np.array([pair.id in chosen for pair in pairs])

    # Both sides bare, in no format of the base model: it is what they share that is asked for.
    def encoded(rows: range, side: Text) -> Encoded:
        return encode_texts(model, its_tokenizer, pairs[rows.start : rows.stop], side, None)

    def embedded(rows: range, side: Text) -> NDArray[np.float64]:
        return embed(model, its_tokenizer, encoded(rows, side).rows, settings.max_tokens).astype(np.float64)

    @enough_memory("indicators.max_tokens", settings.max_tokens)
    def compute(rows: range) -> FloatArray:
        part, own = pairs[rows.start : rows.stop], slice(rows.start, rows.stop)
        sources_ND, targets_ND = embedded(rows, "source"), embedded(rows, "target")
        distances_N = neighbour_distances(
            points_ND[own], are_references_N[own], points_ND[are_references_N], settings.neighbour
        )
        return indicator_rows(
            part,
            text_tokens(tokenizer, [pair.src for pair in part]),
            text_tokens(tokenizer, [pair.trg for pair in part]),
            distances_N,
            (sources_ND * targets_ND).sum(axis=1),
        )

    pool_pass(
        paths.indicators,
        COLUMN,
        [pair.id for pair in pairs],
        settings.shard_size,
        compute,
        values=(settings, name, revision, str(model.dtype)),
        files=[paths.base, paths.pool, paths.embeddings],
    )
    if processes.rank() == 0:
        total, step = len(pairs), settings.shard_size
        count_truncated(lambda rows: encoded(rows, "source"), total, step, "indicators, sources")
        count_truncated(lambda rows: encoded(rows, "target"), total, step, "indicators, targets")
