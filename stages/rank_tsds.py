"""Rank by a draw of the pairs over which optimal transport spreads the seeds: TSDS."""

import logging

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.ranking import write_ranking
from gdig.run.paths import Paths
from gdig.selectors import tsds

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_tsds
    ids, points_ND = read_matrix(paths.representations, "representation")
    seed_ids, seeds_MD = read_matrix(paths.seed_representations, "representation")
    ranking, probability = tsds.rank(
        ids,
        points_ND,
        seed_ids,
        seeds_MD,
        alpha=settings.alpha,
        scale=settings.scale,
        width=settings.width,
        num_neighbours=settings.num_neighbours,
        order=settings.order,
        seed=settings.seed,
    )
    logger.info("tsds: %d of %d candidates have a probability", sum(p > 0 for p in probability.values()), len(ids))
    write_ranking(paths.ranking, ranking, probability)
