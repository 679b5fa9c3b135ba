"""Rank by complexity of the source x quality of the translation, passing over what is like a pair before it."""

import logging

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths
from gdig.selectors import deita

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings, count = params.rank_deita, params.budgets[-1]
    judged = {row["id"]: (row["complexity"], row["quality"]) for row in read_rows(paths.complexity_quality)}
    scores = deita.evol_scores(judged, settings.preset)
    ids, points_ND = read_matrix(paths.embeddings, "embedding")
    tau = settings.tau
    if tau is None:
        assert settings.tau_quantile is not None
        tau = deita.calibrated_tau(ids, points_ND, settings.tau_quantile, settings.num_calibration, settings.seed)
    ranking, num_passed = deita.rank(scores, ids, points_ND, tau, count, settings.seed)
    level = logging.WARNING if num_passed < len(ranking) else logging.INFO
    logger.log(
        level,
        "deita: tau = %.6f; the first %d of %d are those that pass the filter%s",
        tau, num_passed, len(ranking),
        ", the others were passed over; raise rank_deita.tau or tau_quantile" if level == logging.WARNING else "",
    )  # fmt: skip
    write_ranking(paths.ranking, ranking, {i: scores[i] for i in ranking})
