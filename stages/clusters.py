"""K-means clusters of the survivors' projected gradients; tiny clusters join their nearest neighbour."""

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.records import read_rows, write_rows
from gdig.run.paths import Paths
from gdig.selection.clusters import clusters_of


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    survivors = [row["id"] for row in read_rows(paths.survivors)]
    clusters = clusters_of(survivors, *read_matrix(paths.gradients, "gradient"), params.diversity)
    write_rows(paths.clusters, ({"id": i, "cluster": label} for i, label in clusters.items()))
