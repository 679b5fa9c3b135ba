"""Rank the pairs that no filter drops, in the order of a selector's ranking."""

from gdig.config import Params
from gdig.io.files import read_json, write_json
from gdig.io.ranking import iterate_ranking, write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    kept = {row["id"] for row in read_rows(paths.filter_kept)}
    scores = {i: score for i, score in iterate_ranking(paths.ranking) if i in kept}
    known = {i: score for i, score in scores.items() if score is not None}
    write_ranking(paths.filtered_ranking, list(scores), known if len(known) == len(scores) else None)
    write_json(paths.filtered_summary, read_json(paths.filter_summary))
