"""Rank likely sound pairs by soundness and diversity together: joint G-DIG."""

from gdig.config import Params
from gdig.io.files import read_json, write_json
from gdig.io.matrix import read_matrix
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows, write_rows
from gdig.run.paths import Paths
from gdig.selectors.gdig_joint import ranking as gdig_joint


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    probability = {row["id"]: row["probability"] for row in read_rows(paths.cleanliness)}
    ids, gradients_ND = read_matrix(paths.gradients, "gradient")
    settings = params.rank_gdig_joint
    ranking = gdig_joint.rank(probability, ids, gradients_ND, count=params.budgets[-1], **settings.model_dump())
    write_ranking(paths.ranking, ranking, probability)
    write_json(paths.noise_estimate, read_json(paths.cleanliness_metrics_copy))
    write_rows(paths.probabilities, ({"id": i, "probability": value} for i, value in probability.items()))
