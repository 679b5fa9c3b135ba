"""K-means clusters of the survivors' projected gradients; tiny clusters join their nearest neighbour."""

import logging

import numpy as np

from gdig import stage
from gdig.clusters import cluster
from gdig.config import Params
from gdig.paths import Paths
from gdig.records import read_rows, write_rows
from gdig.shards import read_matrix

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    settings = params.diversity
    survivors = [row["id"] for row in read_rows(paths.survivors)]
    ids, gradients_NK = read_matrix(paths.gradients, "gradient")
    row_of = {i: row for row, i in enumerate(ids)}
    points = gradients_NK[[row_of[i] for i in survivors]]
    labels = cluster(points, settings)
    sizes = np.bincount(labels)
    logger.info(
        "clusters: %d survivors in %d clusters of %d to %d (%d tiny ones dissolved)",
        len(survivors), len(sizes), sizes.min(), sizes.max(), settings.num_clusters - len(sizes),
    )  # fmt: skip
    rows = zip(survivors, labels.tolist(), strict=True)
    write_rows(paths.clusters, ({"id": i, "cluster": label} for i, label in rows))


if __name__ == "__main__":
    stage.run(main)
