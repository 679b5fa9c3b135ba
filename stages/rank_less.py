"""Rank by influence on the subtask of the seeds that a pair helps most: LESS."""

import numpy as np

from gdig.config import Params
from gdig.io.files import read_json
from gdig.io.matrix import read_matrix, read_rows
from gdig.io.ranking import write_ranking
from gdig.io.records import corpus_of, read_pairs
from gdig.run.paths import Paths
from gdig.selectors.less import ranking as less

ROWS_AT_ONCE = 4096
"""Gradients of a large pool do not fit memory."""


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_less
    rates_C = [checkpoint["mean_rate"] for checkpoint in read_json(paths.less_warmup / "record.json")["checkpoints"]]
    seed_ids, seeds_MX = read_matrix(paths.less_seed_gradients, "gradient")
    subtasks = [corpus_of(i) if settings.subtasks == "origin" else "" for i in seed_ids]
    seeds_MCK = seeds_MX.reshape(len(seed_ids), len(rates_C), -1)
    targets_JCK = less.targets(seeds_MCK, rates_C, subtasks, settings.seed_gradients)
    num_candidates = len(read_pairs(paths.pool))
    scores: dict[str, float] = {}
    for start in range(0, num_candidates, ROWS_AT_ONCE):
        some = range(start, min(start + ROWS_AT_ONCE, num_candidates))
        ids, gradients_NX = read_rows(paths.less_gradients, "gradient", some)
        candidates_NCK = gradients_NX.astype(np.float64).reshape(len(ids), *targets_JCK.shape[1:])
        scores |= zip(ids, less.influence(candidates_NCK, targets_JCK).tolist(), strict=True)
    write_ranking(paths.ranking, less.rank(scores, settings.seed), scores)
