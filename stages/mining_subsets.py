"""Draw the subsets of the pool that finetuning runs are made on: of bins of each indicator, and at random."""

import logging

from gdig.config import Params
from gdig.io.records import write_rows
from gdig.run.paths import Paths
from gdig.selectors.mining.columns import read_columns
from gdig.selectors.mining.subsets import sample_subsets

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    columns = read_columns(paths.indicators, paths.rewards, paths.base_token_losses)
    indicators, num_bins, num_random = (
        params.regression.indicators,
        params.regression.num_bins,
        params.regression.num_random,
    )
    size, seed = params.regression.subset_size, params.regression.seed
    subsets = sample_subsets(columns, indicators, num_bins, num_random, size, seed)
    logger.info("regression: %d runs on %d pairs each", len(subsets), size)
    write_rows(paths.mining_subsets, ({"id": name, "pairs": ids} for name, ids in subsets.items()))
