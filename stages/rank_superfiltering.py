"""Rank by the ratio of perplexities under a small model, and if so wanted spread the best: SuperFiltering."""

from gdig import stage
from gdig.config import Params
from gdig.paths import Paths
from gdig.ranking import write_ranking
from gdig.selectors import superfiltering
from gdig.shards import read_matrix


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings, count = params.rank_superfiltering, params.budgets[-1]
    ids, losses_N3 = read_matrix(paths.small_losses, "losses")
    given_N, alone_N, tokens_N = losses_N3.astype(float).T
    means = zip((given_N / tokens_N).tolist(), (alone_N / tokens_N).tolist(), strict=True)
    scores = superfiltering.scores(dict(zip(ids, means, strict=True)))
    ranking = superfiltering.rank(scores, settings.upper, count, settings.on_short, settings.seed)
    if settings.diversity == "facility_location":
        names, points_ND = read_matrix(paths.embeddings, "embedding")
        top = round(settings.top_share * len(ids))
        ranking = superfiltering.rank_diverse(ranking, top, names, points_ND, count, settings.seed)
    write_ranking(paths.ranking, ranking, scores)


if __name__ == "__main__":
    stage.run(main)
