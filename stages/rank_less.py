"""Rank by influence on the subtasks of the seeds: LESS."""

from collections.abc import Callable

import numpy as np

from gdig.config import Params
from gdig.io.files import read_json
from gdig.io.matrix import read_matrix, read_rows
from gdig.io.ranking import write_ranking
from gdig.io.records import corpus_of, read_pairs
from gdig.run.paths import Paths
from gdig.selectors.common.turns import rank_in_turns
from gdig.selectors.less import ranking as less

ROWS_AT_ONCE = 4096
"""Gradients of a large pool do not fit memory."""


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_less
    rates_C = [checkpoint["mean_rate"] for checkpoint in read_json(paths.less_warmup / "record.json")["checkpoints"]]
    seed_ids, seeds_MX = read_matrix(paths.less_seed_gradients, "gradient")
    of_seed: dict[str, Callable[[str], str]] = {"one": lambda _: "all", "origin": corpus_of, "seed": str}
    subtasks = [of_seed[settings.subtasks](i) for i in seed_ids]
    seeds_MCK = seeds_MX.reshape(len(seed_ids), len(rates_C), -1)
    targets_JCK = less.targets(seeds_MCK, rates_C, subtasks, settings.seed_gradients)
    num_candidates = len(read_pairs(paths.pool))
    ids: list[str] = []
    parts_JN = []
    for start in range(0, num_candidates, ROWS_AT_ONCE):
        some = range(start, min(start + ROWS_AT_ONCE, num_candidates))
        found, gradients_NX = read_rows(paths.less_gradients, "gradient", some)
        candidates_NCK = gradients_NX.astype(np.float64).reshape(len(found), *targets_JCK.shape[1:])
        ids += found
        parts_JN.append(less.influence(candidates_NCK, targets_JCK))
    influence_JN = np.concatenate(parts_JN, axis=1)
    best = dict(zip(ids, influence_JN.max(axis=0).tolist(), strict=True))
    if settings.rule == "max":
        ranking = less.rank(best, settings.seed)
    else:
        ranking = rank_in_turns(ids, influence_JN, sorted(set(subtasks)), settings.seed)
    write_ranking(paths.ranking, ranking, best)
