"""Rank at random, with the lengths of the seeds."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_pairs
from gdig.run.paths import Paths
from gdig.selectors import random_length


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    pool, seeds = (
        {pair.id: len(pair.src) + len(pair.trg) for pair in read_pairs(path)} for path in (paths.pool, paths.seeds)
    )
    write_ranking(paths.ranking, random_length.rank(pool, seeds, params.rank_random_length.seed))
