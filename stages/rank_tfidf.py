"""Rank by round-robin over seeds, each of which takes the pair with most of its words: TF-IDF."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_pairs
from gdig.run.paths import Paths
from gdig.selectors.bitext.tfidf import similarities
from gdig.selectors.common.turns import rank_in_turns


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    pool, seeds = read_pairs(paths.pool), read_pairs(paths.seeds)
    ids = [pair.id for pair in pool]
    similarities_MN = similarities(pool, seeds)
    best = dict(zip(ids, similarities_MN.max(axis=0).tolist(), strict=True))
    ranking = rank_in_turns(ids, similarities_MN, [seed.id for seed in seeds], params.rank_tfidf.seed)
    write_ranking(paths.ranking, ranking, best)
