"""Score pairs by the words that they share with their nearest seed: TF-IDF."""

from gdig.config import Params
from gdig.io.records import read_pairs, write_rows
from gdig.run.paths import Paths
from gdig.selectors.bitext.tfidf import similarities


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    pool = read_pairs(paths.pool)
    best_N = similarities(pool, read_pairs(paths.seeds)).max(axis=0)
    write_rows(paths.bitext, ({"id": p.id, "score": float(s)} for p, s in zip(pool, best_N, strict=True)))
