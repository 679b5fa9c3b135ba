"""Rank by the places of the pairs in several rankings together."""

from gdig.config import Params
from gdig.io.order import ascending
from gdig.io.ranking import read_ranking, write_ranking
from gdig.io.records import read_pairs
from gdig.run.paths import Paths
from gdig.selectors.fusion import fuse


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.fusion
    ids = [pair.id for pair in read_pairs(paths.pool)]
    rankings = {name: read_ranking(paths.fused_rankings / f"{name}.jsonl") for name in settings.rankings}
    scores = fuse(ids, rankings, settings.method)
    write_ranking(paths.ranking, ascending({i: -score for i, score in scores.items()}, settings.seed), scores)
