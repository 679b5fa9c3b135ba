"""How likely each pair of the pool is sound, and how noisy the pool is: influence and losses against the controls."""

import logging

import numpy as np

from gdig.config import Params
from gdig.io.files import rounded, write_metrics
from gdig.io.matrix import read_matrix
from gdig.io.ranking import iterate_ranking
from gdig.io.records import CLEAN, read_rows, write_rows
from gdig.labels import auc
from gdig.run.paths import Paths
from gdig.selectors.gdig_joint.cleanliness import (
    NAMES,
    control_evidence,
    fit_logistic,
    held_out_scores,
    noise_share,
    pool_evidence,
    probability,
    relative_positions,
)

logger = logging.getLogger(__name__)

LIKELY_SOUND = 0.5
WORTH_LITTLE = 0.7
"""AUC of the controls, below which a warning is given."""


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.cleanliness
    ids, influence_NM = read_matrix(paths.influence, "influence")
    pool = pool_evidence(
        ids, influence_NM, dict(iterate_ranking(paths.base_loss_ranking)), dict(iterate_ranking(paths.loss_ranking))
    )
    rows = read_rows(paths.controls)
    kinds_C = np.array([row["kind"] for row in rows])
    sound_C = kinds_C == CLEAN
    groups_C = np.unique([row["seed"] for row in rows], return_inverse=True)[1]

    positions_CF, positions_NF = relative_positions(pool, control_evidence(rows)), relative_positions(pool, pool)
    model = fit_logistic(positions_CF, sound_C)
    scores_N = model.decision_function(positions_NF)
    scores_C = held_out_scores(positions_CF, sound_C, groups_C)
    noise = noise_share(scores_N, scores_C, sound_C, groups_C, settings.num_samples, settings.confidence, settings.seed)
    probabilities_N = probability(scores_N, noise.share)
    found = auc(scores_C, sound_C)
    logger.info(
        "cleanliness: about %.0f%% of the pool (%.0f to %.0f%%) look like corrupted seeds; AUC of the controls %.3f",
        100 * noise.share, 100 * noise.low, 100 * noise.high, found,
    )  # fmt: skip
    if found < WORTH_LITTLE:
        logger.warning(
            "cleanliness: corrupted seeds are hardly told from sound ones (AUC %.2f), so that probabilities say "
            "little; look at the seeds, or take other controls.kinds", found,
        )  # fmt: skip
    qualities_N, eases_N = positions_NF.mean(axis=1), positions_NF[:, NAMES.index("base_loss")]
    write_rows(
        paths.cleanliness,
        (
            rounded({"id": i, "probability": float(p), "quality": float(q), "ease": float(e)}, 6)
            for i, p, q, e in zip(pool.ids, probabilities_N, qualities_N, eases_N, strict=True)
        ),
    )
    of_kind = {}
    for kind in sorted(set(kinds_C.tolist()) - {CLEAN}):
        some_C = sound_C | (kinds_C == kind)
        of_kind[kind] = auc(scores_C[some_C], sound_C[some_C])
    summary = {
        "noise": {"share": noise.share, "low": noise.low, "high": noise.high, "confidence": settings.confidence},
        "num_likely_sound": int((probabilities_N >= LIKELY_SOUND).sum()),
        "controls": {
            "num_sound": int(sound_C.sum()),
            "num_corrupted": int((~sound_C).sum()),
            "auc": found,
            "auc_of_kind": of_kind,
            "auc_of_evidence": {name: auc(column, sound_C) for name, column in zip(NAMES, positions_CF.T, strict=True)},
        },
        "weights": dict(zip(NAMES, model.coef_[0].tolist(), strict=True)),
    }
    write_metrics(paths.cleanliness_metrics, paths.cleanliness_metrics_copy, summary, 6)
