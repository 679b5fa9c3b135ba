"""Rank by the regressor's score within clusters, each cluster by its share of the pool: InstructionGPT-4."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths
from gdig.selectors.mining import instructiongpt4


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    scores = {row["id"]: row["score"] for row in read_rows(paths.instructiongpt4_scores)}
    clusters = {row["id"]: row["cluster"] for row in read_rows(paths.instructiongpt4_clusters)}
    ranking = instructiongpt4.rank(scores, clusters, params.rank_instructiongpt4.seed)
    write_ranking(paths.ranking, ranking, scores)
