"""G-DIG: survivors of the quality rule, spread over clusters of gradients (Pan et al. 2024, section 3.3)."""

from collections.abc import Mapping

from gdig.io.order import shuffle_key, shuffled


def rank(clusters: Mapping[str, int], seed: int) -> list[str]:
    """Return survivors by seeded uniform round-robin over clusters.

    Each round takes one pair from every nonempty cluster, so that every prefix is as balanced over clusters as
    possible. The order of clusters in a round depends on their members, not on their numbers.
    """
    members: dict[int, list[str]] = {}
    for candidate in shuffled(clusters, seed):
        members.setdefault(clusters[candidate], []).append(candidate)
    queues = list(members.values())
    ranking: list[str] = []
    for turn in range(max(map(len, queues), default=0)):
        this_round = [queue[turn] for queue in queues if turn < len(queue)]
        # A new order each round, so that a budget that ends inside a round does not always favour the same clusters.
        ranking += _shuffled_round(this_round, seed, turn)
    return ranking


def _shuffled_round(candidates: list[str], seed: int, turn: int) -> list[str]:
    """Return the candidates of one round, shuffled by a seed of that round."""
    return sorted(candidates, key=lambda candidate: shuffle_key(seed, f"{turn}/{candidate}"))
