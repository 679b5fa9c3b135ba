"""How likely each pair of the pool is sound, and how noisy the pool is: influence and losses against the controls."""

import logging

import numpy as np

from gdig.config import Params
from gdig.io.files import rounded, write_metrics
from gdig.io.matrix import read_matrix
from gdig.io.ranking import iterate_ranking
from gdig.io.records import CLEAN, read_rows, write_rows
from gdig.labels import auc, balanced, reliability
from gdig.run.paths import Paths
from gdig.selectors.gdig_joint.cleanliness import (
    NAMES,
    calibrate,
    control_evidence,
    doubtful_seeds,
    fit_logistic,
    held_out_scores,
    noise_share,
    pool_evidence,
    probability,
    relative_positions,
)

logger = logging.getLogger(__name__)

LIKELY_SOUND = 0.5
WORTH_LITTLE = 0.85
"""AUC of the controls, below which a warning is given."""
MANY_DOUBTFUL = 0.25
"""Share of doubtful seeds above which a warning is given."""
NUM_SHOWN = 10
"""Doubtful seeds that are named."""


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
    num_sound = int(sound_C.sum())
    groups_C = np.unique([row["seed"] for row in rows], return_inverse=True)[1]

    positions_CF, positions_NF = relative_positions(pool, control_evidence(rows)), relative_positions(pool, pool)
    model = fit_logistic(positions_CF, sound_C, settings.ridge)
    scores_C = held_out_scores(positions_CF, sound_C, groups_C, settings.ridge)
    noise = noise_share(
        positions_NF,
        positions_CF,
        kinds_C,
        groups_C,
        ridge=settings.ridge,
        num_samples=settings.num_samples,
        confidence=settings.confidence,
        seed=settings.seed,
    )
    calibration = calibrate(scores_C, sound_C)
    probabilities_N = probability(model.decision_function(positions_NF), calibration, noise.share, num_sound)
    even_C = probability(scores_C, calibration, 0.5, num_sound)
    doubtful = doubtful_seeds([row["id"] for row in rows], even_C, sound_C)
    found = auc(scores_C, sound_C)
    logger.info(
        "cleanliness: %.0f to %.0f%% of the pool look like corrupted seeds; AUC of the controls %.3f; %d of %d seeds "
        "look like corrupted ones themselves",
        100 * noise.low, 100 * noise.high, found, len(doubtful), num_sound,
    )  # fmt: skip
    if found < WORTH_LITTLE:
        logger.warning(
            "cleanliness: corrupted seeds are hardly told from sound ones (AUC %.2f), so that probabilities say "
            "little; look at the seeds, or take other controls.kinds", found,
        )  # fmt: skip
    if len(doubtful) > MANY_DOUBTFUL * num_sound:
        logger.warning(
            "cleanliness: %d of %d seeds look like corrupted ones to the others, such as %s: revise them, or the "
            "standard of quality is that of the noise", len(doubtful), num_sound, doubtful[0],
        )  # fmt: skip
    write_rows(
        paths.cleanliness,
        (rounded({"id": i, "probability": float(p)}, 6) for i, p in zip(pool.ids, probabilities_N, strict=True)),
    )
    of_kind = {}
    for kind in sorted(set(kinds_C.tolist()) - {CLEAN}):
        some_C = sound_C | (kinds_C == kind)
        of_kind[kind] = auc(scores_C[some_C], sound_C[some_C])
    summary = {
        "noise": {"share": noise.share, "low": noise.low, "high": noise.high, "confidence": settings.confidence},
        "num_likely_sound": int((probabilities_N >= LIKELY_SOUND).sum()),
        "controls": {
            "num_sound": num_sound,
            "num_corrupted": int((~sound_C).sum()),
            "auc": found,
            "auc_of_kind": of_kind,
            "auc_of_evidence": {name: auc(column, sound_C) for name, column in zip(NAMES, positions_CF.T, strict=True)},
        },
        "seeds": {"num_doubtful": len(doubtful), "most_doubtful": doubtful[:NUM_SHOWN]},
        "reliability": reliability(even_C, sound_C, balanced(sound_C)),
        "weights": dict(zip(NAMES, model.coef_[0].tolist(), strict=True)),
    }
    write_metrics(paths.cleanliness_metrics, paths.cleanliness_metrics_copy, summary, 6)
