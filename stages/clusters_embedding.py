"""K-means clusters of the survivors' sentence embeddings, by the settings of those of gradients."""

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.records import read_rows, write_rows
from gdig.run.paths import Paths
from gdig.selection.clusters import clusters_of


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    survivors = [row["id"] for row in read_rows(paths.survivors)]
    clusters = clusters_of(survivors, *read_matrix(paths.embeddings, "embedding"), params.diversity)
    write_rows(paths.clusters_embedding, ({"id": i, "cluster": label} for i, label in clusters.items()))
