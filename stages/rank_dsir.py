"""Rank by a sample without repeats, by importance weight: DSIR."""

import numpy as np

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths
from gdig.selectors.bitext.dsir import rank


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    weights = {row["id"]: row["score"] for row in read_rows(paths.bitext)}
    ranking = rank(list(weights), np.array(list(weights.values())), params.bitext.seed)
    write_ranking(paths.ranking, ranking, weights)
