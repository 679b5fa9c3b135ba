"""Rank by how much loss finetuning on the seeds takes away, most first: difference of losses."""

import logging

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.token_losses import read_mean_losses
from gdig.run.paths import Paths
from gdig.selectors import delta_loss

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_delta_loss
    before, after = (
        {i: given for i, (given, _) in read_mean_losses(folder).items()}
        for folder in (paths.losses_before, paths.seed_model_losses)
    )
    scores = delta_loss.scores(before, after, relative=settings.relative)
    taken = sum(score > 0 for score in scores.values())
    logger.info("%d of %d pairs lose more under %s than under seed_model", taken, len(scores), settings.before)
    write_ranking(paths.ranking, delta_loss.rank(scores, settings.seed), scores)
