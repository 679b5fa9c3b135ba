"""High reward: the candidates that a reward model likes best; a baseline of Pan et al. 2024."""

from collections.abc import Mapping

from gdig.io.order import ascending


def rank(rewards: Mapping[str, float], seed: int) -> list[str]:
    """Return candidates from the highest reward to the lowest; ties fall by a seeded permutation."""
    return ascending({i: -reward for i, reward in rewards.items()}, seed)
