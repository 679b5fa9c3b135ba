"""InstructionGPT-4: fit its regressor to the runs, and score every candidate by it."""

import logging

import numpy as np

from gdig.config import Params
from gdig.io.files import write_metrics
from gdig.io.matrix import read_matrix
from gdig.io.records import read_rows, write_rows
from gdig.run.paths import Paths
from gdig.selectors.mining.indicators import read_indicators
from gdig.selectors.mining.linear import r2
from gdig.selectors.mining.pair_features import filled, pair_features, standardised
from gdig.selectors.mining.regressor import fit_regressor, leave_one_out_predictions, predict_pairs, predict_runs

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings, ridge = params.instructiongpt4, params.regression.ridge
    ids, lexical = read_indicators(paths.indicators)
    rewarded, rewards_N1 = read_matrix(paths.rewards, "reward")
    embedded, points_ND = read_matrix(paths.embeddings, "embedding")
    ratings = {row["id"]: row.get("score") for row in read_rows(paths.ratings)}
    for name, found in ((paths.rewards, rewarded), (paths.embeddings, embedded), (paths.ratings, ratings)):
        if missing := set(ids) - set(found):
            raise ValueError(f"{name}: nothing of {min(missing)!r}, which is in the pool; run `dvc repro`")
    if unrated := sum(rating is None for rating in ratings.values()):
        logger.warning("instructiongpt4: %d of %d pairs have no rating, and get the median", unrated, len(ids))
    rating_of, row_of = filled(ratings), {i: row for row, i in enumerate(embedded)}
    reward_of = dict(zip(rewarded, rewards_N1[:, 0].tolist(), strict=True))
    values_NF = standardised(
        pair_features(
            lexical["similarity"],
            np.array([reward_of[i] for i in ids]),
            lexical["trg_characters"],
            np.array([rating_of[i] for i in ids]),
            points_ND[[row_of[i] for i in ids]],
            settings.num_components,
        )
    )
    subsets = {row["id"]: row["pairs"] for row in read_rows(paths.mining_subsets)}
    losses = {row["id"]: row["valid_loss"] for row in read_rows(paths.mining_runs)}
    place = {i: row for row, i in enumerate(ids)}
    values_SBF = np.stack([values_NF[[place[i] for i in members]] for members in subsets.values()])
    # Of a good run it is high.
    labels_S = -np.log([losses[name] for name in subsets])
    fitted = fit_regressor(values_SBF, labels_S, settings, ridge)
    left_out_S = leave_one_out_predictions(values_SBF, labels_S, settings, ridge)
    metrics = {
        "num_runs": len(subsets),
        "r2": r2(labels_S, predict_runs(fitted, values_SBF)),
        "r2_leave_one_out": r2(labels_S, left_out_S),
        "num_unrated": unrated,
    }
    logger.info("instructiongpt4: R2 %.2f, of runs left out %.2f", metrics["r2"], metrics["r2_leave_one_out"])
    scores_N = predict_pairs(fitted, ids, values_NF, values_SBF.shape[1], settings)
    write_rows(
        paths.instructiongpt4_scores,
        ({"id": i, "score": score} for i, score in zip(ids, scores_N.tolist(), strict=True)),
    )
    write_metrics(paths.instructiongpt4_metrics, paths.instructiongpt4_metrics_copy, metrics)
