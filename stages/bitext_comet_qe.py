"""Score pairs by a reference-free COMET, the target as the source's translation; shards, so that a kill loses one."""

from gdig.config import Params
from gdig.io.files import write_json
from gdig.io.matrix import FloatArray, read_matrix
from gdig.io.records import read_pairs, write_rows
from gdig.lm.passes.shards import pool_pass
from gdig.run.paths import Paths
from gdig.selectors.bitext.comet_qe import reference_free, scorer


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings, pairs = params.comet_qe, read_pairs(paths.pool)
    found = reference_free(settings)
    with scorer(settings, found) as score:

        def compute(rows: range) -> FloatArray:
            return score(pairs[rows.start : rows.stop])

        pool_pass(
            paths.qe_scores,
            "score",
            [pair.id for pair in pairs],
            settings.shard_size,
            compute,
            values=(found.identity, settings.batch_size, settings.precision),
            files=[paths.pool, found.folder / "hparams.yaml"],
        )
    ids, scores_N1 = read_matrix(paths.qe_scores, "score")
    write_rows(paths.bitext, ({"id": i, "score": float(s)} for i, s in zip(ids, scores_N1[:, 0], strict=True)))
    write_json(paths.qe_record, {"model": found.identity})
