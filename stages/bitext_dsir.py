"""Score pairs by the importance weight of their n-grams, seeds against pool: DSIR."""

from gdig.config import Params
from gdig.io.records import read_pairs, write_rows
from gdig.run.paths import Paths
from gdig.selectors.bitext.dsir import log_weights


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    pool, settings = read_pairs(paths.pool), params.dsir
    weights_N = log_weights(pool, read_pairs(paths.seeds), settings.num_buckets, settings.smoothing)
    write_rows(paths.bitext, ({"id": p.id, "score": float(w)} for p, w in zip(pool, weights_N, strict=True)))
