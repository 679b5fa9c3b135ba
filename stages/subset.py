"""Take the first `budget` pairs of a ranking."""

import logging

from gdig.config import Params
from gdig.io.ranking import read_ranking, subset
from gdig.io.records import read_pairs, write_pairs
from gdig.run import stage
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths, selector: str, budget: str) -> None:
    """Run the stage."""
    pairs = subset(read_ranking(paths.ranking), budget, read_pairs(paths.pool))
    logger.info("subset: %d pairs of %s", len(pairs), selector)
    write_pairs(paths.subset, pairs)


if __name__ == "__main__":
    stage.run(main)
