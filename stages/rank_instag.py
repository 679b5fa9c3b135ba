"""Rank by the judge's tags of the source: complexity-first diverse sampling."""

import logging

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths
from gdig.selectors import instag

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_instag
    raw = {row["id"]: row["tags"] for row in read_rows(paths.tags)}
    min_count = instag.scaled_min_count(len(raw)) if settings.min_count is None else settings.min_count
    tags = instag.normalise_tags(raw, min_count)
    logger.info(
        "instag: %d tags, each of %d candidates or more; %d candidates have none",
        len(set().union(*tags.values())), min_count, sum(not found for found in tags.values()),
    )  # fmt: skip
    ranking = instag.rank(tags, params.budgets[-1], settings.seed)
    write_ranking(paths.ranking, ranking, {i: float(len(tags[i])) for i in ranking})
