"""Rank the coverage set, and then what is necessary beyond it: MoDS."""

import logging

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.ranking import read_ranking, write_ranking
from gdig.run.paths import Paths
from gdig.selectors.mods import ranking as mods

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    seed = params.rank_mods.seed
    ids, values_N1 = read_matrix(paths.mods_necessity, "reward")
    generated = dict(zip(ids, values_N1[:, 0].tolist(), strict=True))
    needed = mods.necessary(generated, params.mods.beta, params.mods.need_share, seed)
    logger.info("mods: %d of %d translations are bad, and their pairs necessary", len(needed), len(ids))
    coverage = read_ranking(paths.mods_coverage)
    names, points_ND = read_matrix(paths.embeddings, "embedding")
    ranking = mods.rank(coverage, needed, names, points_ND, params.budgets[-1], seed)
    rewarded, rewards_N1 = read_matrix(paths.rewards, "reward")
    write_ranking(paths.ranking, ranking, dict(zip(rewarded, rewards_N1[:, 0].tolist(), strict=True)))
