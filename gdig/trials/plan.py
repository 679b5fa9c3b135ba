"""Which runs there are: every selector at every budget, and the whole pool once, each with every training seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gdig.io.ranking import subset
from gdig.io.records import Pair

FULL = "full"


@dataclass(frozen=True)
class Run:
    """One finetuning run."""

    selector: str
    pairs: Sequence[Pair]
    seed: int

    @property
    def id(self) -> str:
        """As rows name it."""
        return f"{self.selector}/{len(self.pairs)}/{self.seed}"

    @property
    def file(self) -> str:
        """Name of a file of it."""
        return f"{self.id.replace('/', '-')}.json"


def plan(
    rankings: Mapping[str, Sequence[str]], budgets: Sequence[int], seeds: Sequence[int], pool: Sequence[Pair]
) -> list[Run]:
    """Return the runs, those of most pairs first, so that none of these is left to the end alone.

    Args:
        rankings: ids in order by selector; of `full` all of them are taken, of others the first of each budget.
        budgets: numbers of pairs.
        seeds: of training.
        pool: all candidates.

    Raises:
        ValueError: a ranking is shorter than a budget.
    """
    runs = [
        Run(selector, subset(ranking, budget, pool), seed)
        for selector, ranking in rankings.items()
        for budget in (["all"] if selector == FULL else map(str, budgets))
        for seed in seeds
    ]
    return sorted(runs, key=lambda run: -len(run.pairs))
