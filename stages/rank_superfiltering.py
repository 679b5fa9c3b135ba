"""Rank by the ratio of perplexities under a small model, and if so wanted spread the best: SuperFiltering."""

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.ranking import write_ranking
from gdig.io.token_losses import read_mean_losses
from gdig.run.paths import Paths
from gdig.selectors.superfiltering import ranking as superfiltering


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings, count = params.rank_superfiltering, params.budgets[-1]
    scores = superfiltering.scores(read_mean_losses(paths.small_losses, settings.preset))
    ranking = superfiltering.rank(scores, settings.upper, count, settings.on_short, settings.seed)
    if settings.diversity == "facility_location":
        ids, points_ND = read_matrix(paths.embeddings, "embedding")
        top = round(settings.top_share * len(scores))
        ranking = superfiltering.rank_diverse(ranking, top, ids, points_ND, count, settings.seed, settings.preset)
    write_ranking(paths.ranking, ranking, scores)
