"""Split the drafts among several revisers."""

from collections.abc import Sequence

from gdig.io.records import Pair


def split_reviewers(
    drafts: Sequence[Pair], count: int, revisers: int, overlap: int
) -> list[tuple[list[Pair], list[Pair]]]:
    """Return the seeds and the reserve of each reviser.

    The first `overlap` seeds go to all revisers, the others round-robin, so that the first drafts, which smaller seed
    sets use too, are divided evenly.

    Raises:
        ValueError: the numbers do not allow a split.
    """
    if not 0 <= overlap <= count:
        raise ValueError(f"--overlap {overlap}: from 0 to seeds.count = {count} rows can go to every reviser")
    if not 1 <= revisers <= max(1, count - overlap):
        raise ValueError(f"--revisers {revisers}: {count - overlap} rows are left to divide; use fewer revisers")
    shared, single, reserve = drafts[:overlap], drafts[overlap:count], drafts[count:]
    return [([*shared, *single[n::revisers]], list(reserve[n::revisers])) for n in range(revisers)]
