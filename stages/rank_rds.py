"""Rank by similarity to the seeds, which take turns: RDS+."""

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.order import ascending
from gdig.io.ranking import write_ranking
from gdig.run.paths import Paths
from gdig.selectors import rds
from gdig.selectors.common.turns import rank_in_turns


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_rds
    ids, points_ND = read_matrix(paths.representations, "representation")
    seed_ids, seeds_MD = read_matrix(paths.seed_representations, "representation")
    similarities_MN = rds.similarities(points_ND, seeds_MD)
    best = dict(zip(ids, similarities_MN.max(axis=0).tolist(), strict=True))
    if settings.rule == "turns":
        ranking = rank_in_turns(ids, similarities_MN, seed_ids, settings.seed)
    else:
        ranking = ascending({i: -score for i, score in best.items()}, settings.seed)
    write_ranking(paths.ranking, ranking, best)
