"""What is counted of a subset for its card."""

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
    """Pairs of each source, by the name with which their ids begin."""
    clean_share: float | None
    """Share of pairs without planted noise; None where none was planted."""

    @property
    def config(self) -> str:
        """The name by which the subset is loaded."""
        return f"{self.selector}-{self.budget}"


def summarise(selector: str, budget: int, rows: Iterable[Row], kinds: Mapping[str, str] | None) -> Summary:
    """Count a subset.

    Args:
        selector: who chose it.
        budget: how many it was to choose.
        rows: its rows.
        kinds: noise kind of each id of the pool, or None where none was planted.

    Raises:
        ValueError: there are fewer or more rows than the budget.
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
