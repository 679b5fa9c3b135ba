"""Score pairs by the similarity of their sides under a multilingual encoder: cosine, or ratio margin.

Embeddings of both sides are kept in shards, so that a kill loses one shard, and another margin needs no pass.
"""

import numpy as np

from gdig.config import Params
from gdig.io.matrix import FloatArray, read_matrix
from gdig.io.records import read_pairs, write_rows
from gdig.lm.hub import model_folder
from gdig.lm.passes.shards import pool_pass
from gdig.run.paths import Paths
from gdig.selectors.bitext.similarity import PACKAGE, cosines, from_folder, from_package, ratio_margins


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings, pairs = params.similarity, read_pairs(paths.pool)
    files = [paths.pool]
    if settings.model == PACKAGE:
        embed = from_package()
    else:
        folder = model_folder(settings.model, settings.revision, "similarity")
        embed = from_folder(folder, settings.prefix, params.passes.dtype, settings.max_tokens)
        files.append(folder)

    def compute(rows: range) -> FloatArray:
        part = pairs[rows.start : rows.stop]
        return np.concatenate([embed([p.src for p in part]), embed([p.trg for p in part])], axis=1)

    pool_pass(
        paths.side_embeddings,
        "sides",
        [pair.id for pair in pairs],
        settings.shard_size,
        compute,
        values=(settings.model, settings.revision, settings.prefix, params.passes.dtype),
        files=files,
    )
    ids, sides_NS = read_matrix(paths.side_embeddings, "sides")
    sources_ND, targets_ND = np.split(sides_NS, 2, axis=1)
    scores_N = (
        cosines(sources_ND, targets_ND)
        if settings.margin == "none"
        else ratio_margins(sources_ND, targets_ND, settings.num_neighbours)
    )
    write_rows(paths.bitext, ({"id": i, "score": float(s)} for i, s in zip(ids, scores_N, strict=True)))
