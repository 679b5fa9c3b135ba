"""Rank the survivors that no filter drops by round-robin over their clusters."""

from gdig.config import Params
from gdig.io.files import read_json, write_json
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths
from gdig.selectors import gdig


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    kept = {row["id"] for row in read_rows(paths.filter_kept)}
    clusters = {row["id"]: row["cluster"] for row in read_rows(paths.clusters) if row["id"] in kept}
    mean_influence = {row["id"]: row["mean_influence"] for row in read_rows(paths.survivors)}
    write_ranking(paths.filtered_ranking, gdig.rank(clusters, params.rank_gdig.seed), mean_influence)
    write_json(paths.filtered_summary, read_json(paths.filter_summary))
