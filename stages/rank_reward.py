"""Rank by the reward of the target, highest first."""

from gdig.config import Params
from gdig.io.matrix import read_matrix
from gdig.io.ranking import write_ranking
from gdig.run.paths import Paths
from gdig.selectors.reward import ranking as reward


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    ids, values_N1 = read_matrix(paths.rewards, "reward")
    rewards = dict(zip(ids, values_N1[:, 0].tolist(), strict=True))
    write_ranking(paths.ranking, reward.rank(rewards, params.rank_reward.seed), rewards)
