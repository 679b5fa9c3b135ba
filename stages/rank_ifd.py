"""Rank by instruction-following difficulty under the pre-experienced model: IFD."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.token_losses import read_mean_losses
from gdig.run.paths import Paths
from gdig.selectors.ifd import ranking as ifd


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_ifd
    scores = ifd.scores(read_mean_losses(paths.ifd_losses, settings.preset))
    count = params.budgets[-1]
    ranking = ifd.rank(scores, settings.upper, settings.direction, count, settings.on_short, settings.seed)
    write_ranking(paths.ranking, ranking, scores)
