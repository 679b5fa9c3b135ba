"""Rank likely sound pairs by soundness and diversity together: joint G-DIG."""

import logging

from gdig.config import Params
from gdig.io.files import read_json, write_json
from gdig.io.matrix import read_matrix
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows, write_rows
from gdig.run.paths import Paths
from gdig.selectors.gdig_joint import ranking as gdig_joint

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings, count = params.rank_gdig_joint, params.budgets[-1]
    probability = {row["id"]: row["probability"] for row in read_rows(paths.cleanliness)}
    num_likely = sum(value >= settings.min_probability for value in probability.values())
    if num_likely < count:
        logger.warning(
            "rank_gdig_joint: %d pairs are sound with probability %s or more, fewer than the largest budget %d; the "
            "likeliest others follow behind them", num_likely, settings.min_probability, count,
        )  # fmt: skip
    ids, gradients_ND = read_matrix(paths.gradients, "gradient")
    ranking = gdig_joint.rank(
        probability,
        ids,
        gradients_ND,
        count=count,
        min_probability=settings.min_probability,
        weight=settings.weight,
        ridge=settings.ridge,
        seed=settings.seed,
    )
    write_ranking(paths.ranking, ranking, probability)
    write_json(paths.noise_estimate, read_json(paths.cleanliness_metrics_copy))
    write_rows(paths.probabilities, ({"id": i, "probability": value} for i, value in probability.items()))
