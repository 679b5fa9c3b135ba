"""Counts of a subset for its card."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gdig.dataset.rows import Row
from gdig.io.records import CLEAN, corpus_of


@dataclass(frozen=True)
class Summary:
    """A subset in numbers."""

    selector: str
    budget: int
    from_source: Mapping[str, int]
    """Number of pairs per source, by prefix of their ids."""
    clean_share: float | None
    """Share of pairs without planted noise; None if no noise was planted."""

    @property
    def config(self) -> str:
        """The name by which the subset is loaded."""
        return f"{self.selector}-{self.budget}"


def summarise(selector: str, budget: int, rows: Iterable[Row], kinds: Mapping[str, str] | None) -> Summary:
    """Count a subset.

    Args:
        selector: name of the selector.
        budget: requested number of pairs.
        rows: rows of the subset.
        kinds: noise kind of each pool id; None if no noise was planted.

    Raises:
        ValueError: the number of rows differs from the budget.
    """
    from_source: Counter[str] = Counter()
    num_clean = 0
    for row in rows:
        from_source[corpus_of(row["id"])] += 1
        num_clean += kinds is not None and kinds[row["id"]] == CLEAN
    if from_source.total() != budget:
        raise ValueError(
            f"subsets/{selector}/{budget}.jsonl has {from_source.total()} pairs; `dvc repro` makes it anew"
        )
    share = None if kinds is None else num_clean / budget
    return Summary(selector, budget, dict(sorted(from_source.items())), share)
