"""Take the whole pool: the baseline that needs no selection."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_pairs
from gdig.run.paths import Paths
from gdig.selectors import full


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    ids = [pair.id for pair in read_pairs(paths.pool)]
    write_ranking(paths.ranking, full.rank(ids, params.rank_full.seed))
