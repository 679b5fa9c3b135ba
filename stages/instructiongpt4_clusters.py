"""InstructionGPT-4: clusters of the pool's embeddings, whose quotas its ranking fills."""

import logging
from collections import Counter

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.records import write_rows
from gdig.run.paths import Paths
from gdig.selectors.mining.spectral import spectral_clusters

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    ids, points_ND = read_matrix(paths.embeddings, "embedding")
    clusters = spectral_clusters(ids, points_ND, params.instructiongpt4_clusters)
    sizes = Counter(clusters.values()).values()
    logger.info("instructiongpt4: %d clusters of %d to %d pairs", len(sizes), min(sizes), max(sizes))
    write_rows(paths.instructiongpt4_clusters, ({"id": i, "cluster": clusters[i]} for i in ids))
