"""A ranking: the ordered ids of the pairs that a selector would train on. All that later stages know of a selector."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gdig.io.records import Pair, read_rows, select, write_rows

RANKING = "ranking.jsonl"
"""Copy of a ranking beside the subsets that are cut from it: later stages read those of selected selectors alone."""
NOISE_ESTIMATE = "noise.json"
"""How noisy the pool looks, beside a ranking that rests on an estimate of it."""


def write_ranking(path: Path, ids: Sequence[str], scores: Mapping[str, float] | None = None) -> None:
    """Write ids with their rank from 1 and, of a selector that measures pairs, the score of each.

    Scores have six digits, so that the last bits, which differ from machine to machine, do not change the file.
    """

    def score(i: str) -> dict[str, float]:
        return {} if scores is None else {"score": float(f"{scores[i]:.6g}")}

    write_rows(path, ({"id": i, "rank": rank} | score(i) for rank, i in enumerate(ids, start=1)))


def read_ranking(path: Path) -> list[str]:
    """Read ids in order."""
    return [row["id"] for row in read_rows(path)]


def iterate_ranking(path: Path) -> Iterator[tuple[str, float | None]]:
    """Yield ids and scores in order, without holding them all; None where the selector has no score."""
    with path.open("rb") as stream:
        for row in map(json.loads, stream):
            yield row["id"], row.get("score")


def subset(ranking: Sequence[str], budget: str, pool: Sequence[Pair]) -> list[Pair]:
    """Return the first `budget` pairs of a ranking, or all of them for 'all'.

    Raises:
        ValueError: the ranking is shorter than the budget.
    """
    if budget == "all":
        return select(pool, ranking)
    if len(ranking) < int(budget):
        raise ValueError(
            f"budget {budget} is more than the {len(ranking)} pairs of the ranking; lower budgets, or raise "
            f"pool.num_pool (for G-DIG also quality.min_survivors)"
        )
    return select(pool, ranking[: int(budget)])
