"""Rank likely sound pairs that no filter drops by soundness and diversity together."""

from gdig.config import Params
from gdig.io.files import read_json, write_json
from gdig.io.matrix import read_matrix
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths
from gdig.selectors.gdig_joint import ranking as gdig_joint


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    kept = {row["id"] for row in read_rows(paths.filter_kept)}
    probability = {row["id"]: row["probability"] for row in read_rows(paths.cleanliness)}
    ids, gradients_ND = read_matrix(paths.gradients, "gradient")
    rows = [row for row, i in enumerate(ids) if i in kept]
    some, settings = [ids[row] for row in rows], params.rank_gdig_joint
    ranking = gdig_joint.rank(probability, some, gradients_ND[rows], count=params.budgets[-1], **settings.model_dump())
    write_ranking(paths.filtered_ranking, ranking, probability)
    write_json(paths.filtered_summary, read_json(paths.filter_summary))
