"""Rank by round-robin over seeds, each of which takes what is most like it: RDS+."""

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.ranking import write_ranking
from gdig.run.paths import Paths
from gdig.selectors import rds
from gdig.selectors.common.turns import rank_in_turns


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    ids, points_ND = read_matrix(paths.representations, "representation")
    seed_ids, seeds_MD = read_matrix(paths.seed_representations, "representation")
    similarities_MN = rds.similarities(points_ND, seeds_MD)
    best = dict(zip(ids, similarities_MN.max(axis=0).tolist(), strict=True))
    write_ranking(paths.ranking, rank_in_turns(ids, similarities_MN, seed_ids, params.rank_rds.seed), best)
