"""Rank by clusters of sources, each with its share of the seeds, nearest targets first: CRAFT."""

from gdig.config import Params
from gdig.io.ranking import write_ranking
from gdig.io.records import read_pairs
from gdig.run.paths import Paths
from gdig.selectors.bitext.craft import rank, source_clusters, target_distances


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    settings = params.rank_craft
    pool, seeds = read_pairs(paths.pool), read_pairs(paths.seeds)
    ids = [pair.id for pair in pool]
    clusters_N, clusters_M = source_clusters(pool, seeds, settings.num_clusters, settings.seed)
    distances_N = target_distances(pool, seeds, clusters_N, clusters_M)
    scores = dict(zip(ids, (-distances_N).tolist(), strict=True))
    write_ranking(paths.ranking, rank(ids, clusters_N, clusters_M, distances_N, settings.seed), scores)
