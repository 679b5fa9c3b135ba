"""InstructionGPT-4: best predicted pairs of every cluster, each cluster by its share of the pool (Wei et al. 2023)."""

from collections.abc import Mapping

from gdig.io.order import ascending, shuffle_key


def rank(scores: Mapping[str, float], clusters: Mapping[str, int], seed: int) -> list[str]:
    """Return candidates by proportional round-robin over clusters, the highest score of a cluster first.

    A place goes to the cluster that lacks most of its share: of k places a cluster of c of N candidates is owed
    k c / N, and the one with the largest remainder over what it has comes next. This stands for the paper's quotas,
    which it rounds down, with at least one pair a cluster, for one k: those of two k are not nested.

    Args:
        scores: of each candidate; higher is better.
        clusters: of each candidate; numbers are names only.
        seed: breaks ties, of scores and of clusters.
    """
    queues: dict[int, list[str]] = {}
    for i in ascending({i: -score for i, score in scores.items()}, seed):
        queues.setdefault(clusters[i], []).append(i)
    # By their first member: the numbers of clusters, and the order of the pool, say nothing.
    ordered = sorted(queues.values(), key=lambda queue: shuffle_key(seed, queue[0]))
    taken = [0] * len(ordered)
    ranking: list[str] = []
    for place in range(1, len(scores) + 1):
        # Whole numbers, so that equal shares tie; the first of equals is taken.
        lacks = [place * len(queue) - count * len(scores) for queue, count in zip(ordered, taken, strict=True)]
        most = lacks.index(max(lacks))
        ranking.append(ordered[most][taken[most]])
        taken[most] += 1
    return ranking
