"""InstructionGPT-4: best predicted pairs of every cluster, in proportion to cluster size (Wei et al. 2023)."""

from collections.abc import Mapping

from gdig.io.order import ascending, shuffle_key


def rank(scores: Mapping[str, float], clusters: Mapping[str, int], seed: int) -> list[str]:
    """Return candidates by proportional round-robin over clusters, the highest score of a cluster first.

    Each place goes to the cluster with the largest deficit: of k places a cluster of c of N candidates is due k c / N.
    The paper uses quotas for a single k, rounded down, with at least one pair per cluster; quotas of different k are
    not nested.

    Args:
        scores: score of each candidate; higher is better.
        clusters: cluster of each candidate; the numbers are only labels.
        seed: breaks ties of scores and clusters.
    """
    queues: dict[int, list[str]] = {}
    for i in ascending({i: -score for i, score in scores.items()}, seed):
        queues.setdefault(clusters[i], []).append(i)
    # Order clusters by their first member: cluster numbers and pool order must not matter.
    ordered = sorted(queues.values(), key=lambda queue: shuffle_key(seed, queue[0]))
    taken = [0] * len(ordered)
    ranking: list[str] = []
    for place in range(1, len(scores) + 1):
        # Integers, so that equal shares tie exactly; ties go to the first.
        lacks = [place * len(queue) - count * len(scores) for queue, count in zip(ordered, taken, strict=True)]
        most = lacks.index(max(lacks))
        ranking.append(ordered[most][taken[most]])
        taken[most] += 1
    return ranking
