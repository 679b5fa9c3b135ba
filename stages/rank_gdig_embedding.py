"""Rank the survivors by round-robin over clusters of their embeddings: G-DIG with embeddings for gradients."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths
from gdig.selectors import gdig


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    clusters = {row["id"]: row["cluster"] for row in read_rows(paths.clusters_embedding)}
    mean_influence = {row["id"]: row["mean_influence"] for row in read_rows(paths.survivors)}
    write_ranking(paths.ranking, gdig.rank(clusters, params.rank_gdig_embedding.seed), mean_influence)
