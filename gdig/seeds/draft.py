"""Draw seed pairs and write them out for revision."""

from collections.abc import Sequence
from pathlib import Path

from gdig.files import write_text
from gdig.order import shuffled
from gdig.records import Pair, select

COLUMNS = ("id", "source", "target")


def draw(heldout: Sequence[Pair], count: int, seed: int) -> list[Pair]:
    """Return a seeded sample of the held-out pairs."""
    return select(heldout, shuffled((pair.id for pair in heldout), seed)[:count])


def write_tsv(path: Path, drafts: Sequence[Pair]) -> None:
    """Write drafts as TSV with a header: reviewers change the column `target` and nothing else."""
    rows = [COLUMNS, *((pair.id, _flat(pair.src), _flat(pair.trg)) for pair in drafts)]
    write_text(path, "".join("\t".join(row) + "\n" for row in rows))


def _flat(text: str) -> str:
    """Return the text on one line and in one column."""
    return " ".join(text.split())
