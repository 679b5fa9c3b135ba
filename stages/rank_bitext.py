"""Rank by a score of the pairs, highest first; ties are broken by a seeded permutation."""

from gdig.config import Params
from gdig.io.order import ascending
from gdig.io.ranking import write_ranking
from gdig.io.records import read_rows
from gdig.run.paths import Paths


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    scores = {row["id"]: row["score"] for row in read_rows(paths.bitext)}
    write_ranking(paths.ranking, ascending({i: -score for i, score in scores.items()}, params.bitext.seed), scores)
