"""Rank by the share of anchors that a candidate helps as the one demonstration: Nuggets."""

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.ranking import write_ranking
from gdig.run.paths import Paths
from gdig.selectors.nuggets import ranking as nuggets


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    ids, gains_NM = read_matrix(paths.one_shot, "gain")
    gains = dict(zip(ids, gains_NM.astype(float).tolist(), strict=True))
    write_ranking(paths.ranking, nuggets.rank(gains, params.rank_nuggets.seed), nuggets.scores(gains))
