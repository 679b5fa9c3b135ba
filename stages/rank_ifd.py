"""Rank by instruction-following difficulty under the pre-experienced model: IFD."""

from gdig import stage
from gdig.config import Params
from gdig.paths import Paths
from gdig.ranking import write_ranking
from gdig.selectors import ifd
from gdig.shards import read_matrix


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_ifd
    ids, losses_N3 = read_matrix(paths.ifd_losses, "losses")
    given_N, alone_N, _ = losses_N3.astype(float).T.tolist()
    scores = ifd.scores(dict(zip(ids, zip(given_N, alone_N, strict=True), strict=True)))
    count = params.budgets[-1]
    ranking = ifd.rank(scores, settings.upper, settings.direction, count, settings.on_short, settings.seed)
    write_ranking(paths.ranking, ranking, scores)


if __name__ == "__main__":
    stage.run(main)
