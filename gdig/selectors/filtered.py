"""Filters in front of selectors: pairs that some rankings place last are no candidates.

Each filter is one ranking, of any selector, and a cut in it. Filters are independent: each drops its share of the whole
pool, and a pair is a candidate if no filter drops it.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from gdig.config import FilterScore

KEPT, SUMMARY = "kept.jsonl", "summary.json"
"""Files of a filter: ids that it keeps, and what it drops."""


def dropped(ids: Collection[str], ranking: Sequence[tuple[str, float | None]], cut: FilterScore) -> list[str]:
    """Return the ids that one filter drops, those it ranks last first.

    Args:
        ids: of the pool.
        ranking: id and score of each pair that the selector ranks, best first. Pairs that it leaves out are behind all.
        cut: with `drop_share`, that share of the pool is dropped from the end; with `min_score`, pairs with a lower
            score and those left out.

    Raises:
        ValueError: `drop_share` of a ranking that leaves out more than that; `min_score` of a ranking whose scores do
            not fall from its first pair to its last. Names key and ranking.
    """
    known = {i for i, _ in ranking}
    left_out = sorted(set(ids) - known)
    if cut.min_score is not None:
        scores = [score for _, score in ranking]
        if None in scores or any(one < other for one, other in pairwise(scores)):  # type: ignore[operator]
            raise ValueError(
                f"filter.scores: min_score of {cut.ranking!r}, whose scores do not fall from its first pair to its "
                f"last; use drop_share"
            )
        return left_out + [i for i, score in reversed(ranking) if score < cut.min_score]  # type: ignore[operator]
    number = round(cut.drop_share * len(ids))
    if len(left_out) > number:
        raise ValueError(
            f"filter.scores: {cut.ranking!r} ranks {len(ranking)} of {len(ids)} pairs, so that drop_share = "
            f"{cut.drop_share} is no cut in it; raise it to {len(left_out) / len(ids):.3f} or more, or name another"
        )
    last_first = [i for i, _ in reversed(ranking)]
    return left_out + last_first[: number - len(left_out)]


def dropped_by(ids: Sequence[str], of_filter: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Return the names of the filters that drop each pair, empty for candidates, in the order of `ids`.

    Args:
        ids: of the pool.
        of_filter: what each filter drops, by name.
    """
    sets = {name: set(found) for name, found in of_filter.items()}
    return {i: [name for name, found in sets.items() if i in found] for i in ids}
