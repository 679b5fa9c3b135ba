"""Take the first `budget` pairs of a ranking."""

import logging

from gdig import stage
from gdig.config import Params
from gdig.paths import Paths
from gdig.ranking import read_ranking, subset
from gdig.records import read_pairs, write_pairs

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths, selector: str, budget: str) -> None:
    """Run the stage."""
    pairs = subset(read_ranking(paths.ranking), budget, read_pairs(paths.pool))
    logger.info("subset: %d pairs of %s", len(pairs), selector)
    write_pairs(paths.subset, pairs)


if __name__ == "__main__":
    stage.run(main)
