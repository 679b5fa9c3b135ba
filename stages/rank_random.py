"""Rank the pool at random: the control."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_pairs
from gdig.run.paths import Paths
from gdig.selectors import random


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    ids = [pair.id for pair in read_pairs(paths.pool)]
    write_ranking(paths.ranking, random.rank(ids, params.rank_random.seed))
