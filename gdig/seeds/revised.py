"""An imported revision: rows in the order of the drafts, stored in a folder tracked by DVC."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from gdig.io.records import Pair, read_rows, write_rows
from gdig.io.text import matching_key
from gdig.seeds.draft import Order

ROWS = "seeds.jsonl"
RECORD = "record.json"
STAND_INS = ("oracle", "none")
"""Values of seeds.revision that do not name a revision."""

Status = Literal["unchanged", "edited", "rejected", "missing"]


@dataclass(frozen=True, slots=True)
class Revised:
    """One draft after revision."""

    id: str
    src: str
    trg: str
    """Revised target; the draft's target if the row is rejected or missing."""
    status: Status
    reserve: bool
    """Whether the row belongs to the reserve, which replaces rejected rows."""
    reviser: str | None
    comment: str
    edit_distance: float
    """Edit distance in characters, as a share of the longer of draft and revision."""

    @property
    def accepted(self) -> bool:
        """Whether the row may become a seed."""
        return self.status in ("unchanged", "edited")


def write_revised(folder: Path, rows: Sequence[Revised]) -> None:
    """Write the rows of a revision to its folder."""
    write_rows(folder / ROWS, map(asdict, rows))


def read_revised(folder: Path) -> list[Revised]:
    """Read the rows of a revision.

    Raises:
        ValueError: there is no such revision, or its file has another format.
    """
    path = folder / ROWS
    if not path.is_file():
        raise ValueError(
            f"seeds.revision = {folder.name!r}: there is no {path}; import it with `python -m gdig.seeds import FILE "
            f"--name {folder.name}`, fetch it with `dvc pull {folder.as_posix()}`, or say oracle or none"
        )
    rows = []
    for number, row in enumerate(read_rows(path), start=1):
        if set(row) != set(Revised.__dataclass_fields__) or row["status"] not in get_args(Status):
            raise ValueError(f"{path}:{number}: no row of a revision; import the returned file again")
        rows.append(Revised(**row))
    return rows


def seeds_of(
    rows: Sequence[Revised], order: Order, heldout: Sequence[Pair], forbidden: frozenset[str], count: int
) -> tuple[list[Pair], list[Pair], Counter[str]]:
    """Return the first `count` seeds of a revision, its spare rows, and counts of the rows skipped, by reason.

    Skipped rows are rejected ones, and those that now occur in a validation or test set, so that a revision stays valid
    with a new test set. The next rows replace them, at the end those of the reserve. Spare rows, up to the first that
    does not fit the drafts, replace seeds that cleaning rejects.

    Raises:
        ValueError: the revision was made from other drafts than those of `order`, or has too few rows.
    """
    drafts = {pair.id: pair for pair in heldout}
    places = {pair.id: place for place, pair in enumerate(order.pairs)}
    seeds: list[Pair] = []
    spares: list[Pair] = []
    passed: Counter[str] = Counter()
    last = -1
    for row in rows:
        is_full = len(seeds) == count
        if misfit := _misfit(row, drafts, places, last):
            if is_full:
                break
            raise ValueError(
                f"the revision does not fit the drafts: {misfit}. It was made before the pool or seeds.seed changed: "
                f"put those back, or export, revise and import again"
            )
        last = places.get(row.id, last)
        reason: str | None = None if row.accepted else row.status
        if row.accepted and (row.id not in places or matching_key(row.trg) in forbidden):
            reason = "in a validation or test set"
        if reason is None:
            (spares if is_full else seeds).append(Pair(row.id, row.src, row.trg))
        elif not is_full:
            passed[reason] += 1
    if len(seeds) < count:
        reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(passed.items())) or "none"
        raise ValueError(
            f"the revision has {len(seeds)} rows that can be seeds (passed over: {reasons}), but seeds.count = "
            f"{count}; lower it to {len(seeds)}, or have more drafts revised and import those files too"
        )
    return seeds, spares, passed


def _misfit(row: Revised, drafts: dict[str, Pair], places: dict[str, int], last: int) -> str | None:
    if row.id not in drafts:
        return f"{row.id} is no held-out pair now"
    if row.src != drafts[row.id].src:
        return f"the source of {row.id} was {row.src!r} and is {drafts[row.id].src!r} now"
    if places.get(row.id, last + 1) <= last:
        return f"{row.id} stands in another place of the order now"
    return None
