"""A ranking: the ordered ids of the pairs that a selector would train on. All that later stages know of a selector."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from gdig.config import Short
from gdig.io.order import ascending, require_numbers
from gdig.io.records import Pair, read_rows, select, write_rows

logger = logging.getLogger(__name__)

RANKING = "ranking.jsonl"
"""Copy of a ranking beside the subsets that are cut from it: later stages read those of selected selectors alone."""
NOISE_ESTIMATE, PROBABILITIES = "noise.json", "probability.jsonl"
"""How noisy the pool looks, and how likely each pair is sound, beside a ranking that rests on an estimate of it."""


FILTERED_OUT = "filter.json"
"""What was filtered out, beside a ranking of the rest."""


def write_ranking(path: Path, ids: Sequence[str], scores: Mapping[str, float] | None = None) -> None:
    """Write ids with their rank from 1 and, of a selector that measures pairs, the score of each.

    Scores have six digits, so that the last bits, which differ from machine to machine, do not change the file.

    Raises:
        ValueError: a score is NaN or infinite; names the pair.
    """
    if scores is not None:
        require_numbers({i: scores[i] for i in ids})

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


def rank_below(
    scores: Mapping[str, float],
    *,
    upper: float,
    direction: Literal["high", "low"],
    count: int,
    on_short: Short,
    seed: int,
    name: str,
) -> list[str]:
    """Return the candidates with a score below `upper`, the highest (or lowest) first.

    If there are fewer than `count`, `on_short` "relax" appends candidates above the threshold, lowest first, and logs a
    warning.

    Args:
        scores: scores of all candidates.
        upper: threshold; scores must be below it.
        direction: which end comes first.
        count: required candidates: the largest budget.
        on_short: action if there are fewer.
        seed: breaks ties.
        name: name of the selector, for messages.

    Raises:
        ValueError: there are fewer than `count` and `on_short` is "error", or fewer candidates in total; or a score is
            NaN or infinite.
    """
    require_numbers(scores)
    sign = -1 if direction == "high" else 1
    ranking = ascending({i: sign * score for i, score in scores.items() if score < upper}, seed)
    logger.info("%s: %d of %d candidates have a score below %g", name, len(ranking), len(scores), upper)
    lacking = count - len(ranking)
    if lacking <= 0:
        return ranking
    if on_short == "error":
        raise ValueError(
            f"{name}: {len(ranking)} of {len(scores)} candidates have a score below rank_{name}.upper = {upper:g}, "
            f"fewer than the largest budget {count}; raise it, lower budgets, or set rank_{name}.on_short to relax"
        )
    others = ascending({i: score for i, score in scores.items() if score >= upper}, seed)[:lacking]
    if len(others) < lacking:
        raise ValueError(f"{name}: the pool has {len(scores)} candidates, fewer than the largest budget {count}")
    logger.warning("%s: for the largest budget, %d candidates above the threshold are added, up to a score of %g",
                   name, len(others), scores[others[-1]])  # fmt: skip
    return ranking + others
