"""Rank by the judge's rating of the translation, highest first."""

import logging

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths
from gdig.selectors import alpagasus

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_alpagasus
    ratings = {row["id"]: row["score"] for row in read_rows(paths.ratings)}
    ranking = alpagasus.rank(ratings, settings.threshold, settings.seed)
    logger.info("alpagasus: %d of %d candidates", len(ranking), len(ratings))
    write_ranking(paths.ranking, ranking, {i: alpagasus.score(ratings[i]) for i in ranking})
