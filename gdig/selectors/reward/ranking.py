"""High reward: the candidates with the highest rewards; a baseline of Pan et al. 2024."""

from collections.abc import Mapping

from gdig.io.order import ascending


def rank(rewards: Mapping[str, float], seed: int) -> list[str]:
    """Return candidates by descending reward; ties by a seeded permutation."""
    return ascending({i: -reward for i, reward in rewards.items()}, seed)
