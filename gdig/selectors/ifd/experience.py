"""Select the candidates that train the pre-experienced model (Li et al. 2024, Cherry LLM).

Shapes: N candidates, D dimensions.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from gdig.config import IfdModel
from gdig.io.order import shuffled

MAX_ITERATIONS = 100


def experience(
    ids: Sequence[str], points_ND: NDArray[np.float32], prompt_losses: Mapping[str, float], settings: IfdModel
) -> list[str]:
    """Return up to `per_cluster` candidates of every K-means cluster, neither the easiest nor the hardest prompts.

    Eligible are prompts with a perplexity between two percentiles of their cluster (`band`). Preset `own` takes
    `per_cluster` of them at even distances in the order of perplexity. `published` (Cherry LLM's code) takes them in
    the order of the points, at equal steps from the first, and clusters of fewer than `per_cluster` candidates whole.

    Args:
        ids: id of each point.
        points_ND: points for clustering.
        prompt_losses: mean loss of each prompt; its exponential is the perplexity.
        settings: params of the stage.

    Returns:
        ids in a seeded order, independent of the numbers of clusters and, with preset `own`, the order of the points.

    Raises:
        ValueError: there are fewer distinct points than clusters.
    """
    order = shuffled(ids, settings.seed)
    row_of = {i: row for row, i in enumerate(ids)}
    points_ND = points_ND[[row_of[i] for i in order]]
    if (distinct := len(np.unique(points_ND, axis=0))) < settings.num_clusters:
        raise ValueError(
            f"ifd_model.num_clusters = {settings.num_clusters}, but the {len(ids)} candidates have {distinct} distinct "
            f"embeddings; lower it to at most {distinct}"
        )
    # One thread keeps the bytes reproducible: see gdig.selection.clusters.
    with threadpool_limits(limits=1, user_api="openmp"):
        model = KMeans(
            settings.num_clusters, init="k-means++", n_init=1, max_iter=MAX_ITERATIONS, random_state=settings.seed
        )
        labels_N = model.fit_predict(points_ND)
    perplexities_N = np.exp([prompt_losses[i] for i in order])
    taken: list[str] = []
    for label in range(settings.num_clusters):
        members = np.flatnonzero(labels_N == label)
        low, high = np.percentile(perplexities_N[members], settings.band)
        inside = members[(perplexities_N[members] >= low) & (perplexities_N[members] <= high)]
        if settings.preset == "published":
            whole = len(members) < settings.per_cluster
            some = sorted(members if whole else inside, key=lambda row: row_of[order[row]])
            step = max(1, len(some) // settings.per_cluster)
            taken += [order[row] for row in some[::step][: settings.per_cluster]]
        else:
            inside = inside[np.argsort(perplexities_N[inside], kind="stable")]
            places = np.linspace(0, len(inside) - 1, min(settings.per_cluster, len(inside))).round().astype(int)
            taken += [order[row] for row in inside[places]]
    return shuffled(taken, settings.seed)
