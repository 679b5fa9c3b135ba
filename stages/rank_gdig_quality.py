"""Rank the survivors by mean influence (or at random): G-DIG without diversity."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths
from gdig.selectors import gdig_quality


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_gdig_quality
    mean_influence = {row["id"]: row["mean_influence"] for row in read_rows(paths.survivors)}
    ranking = gdig_quality.rank(mean_influence, settings.order, settings.seed)
    write_ranking(paths.ranking, ranking, mean_influence)
