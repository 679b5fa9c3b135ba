"""CRAFT: sources spread as the seeds' are, and among like sources the targets that are nearest to the seeds'.

Panda et al. 2026 (arXiv 2604.22693), with TF-IDF vectors, as in the paper's variant without an encoder. The seeds stand
for its validation set.

Shapes: N candidates, M seeds, C clusters of sources.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from gdig.io.order import shuffle_key
from gdig.io.records import Pair

Array = NDArray[np.float64]
WORD = r"(?u)\w+"
_ROWS_AT_ONCE = 4096


def source_clusters(
    pool: Sequence[Pair], seeds: Sequence[Pair], num_clusters: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cluster of each candidate's and of each seed's source, clusters_N and clusters_M.

    K-means of the candidates' sources, in the order of their ids, so that the order of the pool does not matter.

    Raises:
        ValueError: fewer candidates than clusters; names the key.
    """
    if len(pool) < num_clusters:
        raise ValueError(f"rank_craft.num_clusters = {num_clusters} is more than the {len(pool)} candidates; lower it")
    order = sorted(range(len(pool)), key=lambda row: pool[row].id)
    vectorizer = TfidfVectorizer(token_pattern=WORD)
    points_NT = vectorizer.fit_transform(pool[row].src for row in order)
    # One thread: partial sums are added in the order in which threads finish.
    with threadpool_limits(limits=1, user_api="openmp"):
        model = MiniBatchKMeans(num_clusters, n_init=1, random_state=seed).fit(points_NT)
        clusters_N = np.empty(len(pool), dtype=np.int64)
        clusters_N[order] = model.predict(points_NT)
        return clusters_N, model.predict(vectorizer.transform(one.src for one in seeds)).astype(np.int64)


def target_distances(
    pool: Sequence[Pair], seeds: Sequence[Pair], clusters_N: NDArray[np.int64], clusters_M: NDArray[np.int64]
) -> Array:
    """Return the mean Euclidean distance of each candidate's target to those of the seeds in its source's cluster.

    To those of all seeds where no seed is in that cluster. distances_N, 0 to sqrt(2), of TF-IDF vectors of unit length.
    """
    vectorizer = TfidfVectorizer(token_pattern=WORD)
    pool_NT = vectorizer.fit_transform(pair.trg for pair in pool)
    seeds_MT = vectorizer.transform(one.trg for one in seeds)
    norms_M = np.asarray(seeds_MT.multiply(seeds_MT).sum(axis=1)).ravel()
    distances_N = np.empty(len(pool))
    for start in range(0, len(pool), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        # A target without words has length 0, as a seed's without words of the pool has.
        norms_R = np.asarray(pool_NT[rows].multiply(pool_NT[rows]).sum(axis=1)).ravel()
        cosines_RM = (pool_NT[rows] @ seeds_MT.T).toarray()
        apart_RM = np.sqrt(np.maximum(norms_R[:, None] + norms_M - 2 * cosines_RM, 0))
        own_RM = clusters_N[rows, None] == clusters_M
        own_RM[~own_RM.any(axis=1)] = True
        distances_N[rows] = (apart_RM * own_RM).sum(axis=1) / own_RM.sum(axis=1)
    return distances_N


def rank(
    ids: Sequence[str], clusters_N: NDArray[np.int64], clusters_M: NDArray[np.int64], distances_N: Array, seed: int
) -> list[str]:
    """Return candidates such that clusters have the shares of the seeds in every prefix, nearest targets first in each.

    The next pair is of the cluster that lacks most of its share. Clusters without seeds follow when those with seeds
    have no pair left, by distance.

    Args:
        ids: of the candidates.
        clusters_N: of their sources.
        clusters_M: of the seeds' sources.
        distances_N: of their targets.
        seed: breaks ties.
    """
    order = sorted(range(len(ids)), key=lambda row: (distances_N[row], shuffle_key(seed, ids[row])))
    counts_C = np.bincount(clusters_M, minlength=int(clusters_N.max()) + 1)
    queues: dict[int, list[str]] = {}
    rest = []
    for row in order:
        if counts_C[clusters_N[row]]:
            queues.setdefault(int(clusters_N[row]), []).append(ids[row])
        else:
            rest.append(ids[row])
    # By their best pair, so that clusters have no numbers to break ties with.
    named = sorted(queues.values(), key=lambda queue: shuffle_key(seed, queue[0]))
    cluster_of = {queue[0]: number for number, queue in queues.items()}
    shares_Q = np.array([counts_C[cluster_of[queue[0]]] for queue in named], dtype=np.float64) / len(clusters_M)
    sizes_Q, taken_Q = np.array([len(queue) for queue in named]), np.zeros(len(named), dtype=np.int64)
    ranking: list[str] = []
    while len(ranking) < len(ids) - len(rest):
        lacks_Q = np.where(taken_Q < sizes_Q, shares_Q * (len(ranking) + 1) - taken_Q, -np.inf)
        most = int(np.argmax(lacks_Q))
        ranking.append(named[most][taken_Q[most]])
        taken_Q[most] += 1
    return ranking + rest
