"""MoDS, quality and coverage: candidates of high reward, and those among them that cover them all."""

import logging

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.ranking import write_ranking
from gdig.run.paths import Paths
from gdig.selectors.mods.kcenter import k_center
from gdig.selectors.mods.ranking import high_quality, most_necessary, require_enough

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    num_coverage, seed = params.mods.num_coverage, params.mods.seed
    ids, values_N1 = read_matrix(paths.rewards, "reward")
    rewards = dict(zip(ids, values_N1[:, 0].tolist(), strict=True))
    good = high_quality(rewards, params.mods.alpha, params.mods.keep_share, seed)
    if len(good) <= num_coverage:
        raise ValueError(
            f"mods.num_coverage = {num_coverage}, but only {len(good)} of {len(ids)} candidates have a reward "
            f"that is high enough; lower it, or mods.alpha, or raise mods.keep_share"
        )
    # Told before a model is finetuned and translates them.
    require_enough(num_coverage, most_necessary(len(good) - num_coverage, params.mods.need_share), params.budgets[-1])
    names, points_ND = read_matrix(paths.embeddings, "embedding")
    row_of = {i: row for row, i in enumerate(names)}
    points_ND = points_ND[[row_of[i] for i in good]]
    coverage = k_center(good, points_ND, num_coverage, seed, None)
    logger.info("mods: %d of %d candidates of high quality, of which %d cover them", len(good), len(ids), len(coverage))
    write_ranking(paths.mods_quality, good)
    write_ranking(paths.mods_coverage, coverage)
