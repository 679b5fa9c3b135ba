"""Import returned files: a report of all problems, or one revision from all files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean, median
from typing import Any

from gdig.config.languages import language_code
from gdig.io.files import digest, rounded
from gdig.io.records import Pair
from gdig.seeds.draft import drafts_digest
from gdig.seeds.problems import problems_of
from gdig.seeds.revised import Revised
from gdig.seeds.rows import Returned, Row
from gdig.seeds.sheets.texts import comparable, words
from gdig.seeds.warnings import MAX_UNCHANGED_SHARE, edit_distance, warnings_of


@dataclass(frozen=True)
class Task:
    """The drafts sent for revision."""

    drafts: Sequence[Pair]
    """Seeds, then the reserve."""
    count: int
    languages: tuple[str, str]
    forbidden: frozenset[str]
    """Matching keys of the validation and test sets."""


@dataclass(frozen=True)
class Report:
    """Result of checking the returned files."""

    problems: list[str]
    warnings: list[str]
    rows: list[Revised]
    """All drafts after revision, in order; unused if there are problems."""
    statistics: dict[str, Any]


def import_files(files: Sequence[Returned], unreadable: Sequence[str], task: Task, *, partial: bool) -> Report:
    """Check returned files and merge them into one revision.

    If two files have the same row, the first file counts.

    Args:
        files: files that could be read.
        unreadable: problems of the files that could not be read.
        task: drafts that were sent.
        partial: treat missing rows as rejected.
    """
    drafts = {pair.id: pair for pair in task.drafts}
    problems, warnings = list(unreadable), []
    chosen: dict[str, tuple[Row, Returned]] = {}
    for file in files:
        problems += [f"{file.path}: {problem}" for problem in _file_problems(file, drafts, task)]
        warnings += [f"{file.path}: {warning}" for warning in _file_warnings(file, drafts, task)]
        for row in file.rows:
            chosen.setdefault(row.id, (row, file))
    missing = [i for i in drafts if i not in chosen]
    if missing and not partial and not unreadable:
        problems.append(
            f"{len(missing)} of {len(drafts)} drafts are in no file: {', '.join(missing)}; add those rows, or treat "
            f"missing ones as rejected with --partial"
        )
    problems += _equal_targets(chosen, drafts)
    rows = [_revised(place, pair, chosen.get(pair.id), task.count) for place, pair in enumerate(task.drafts)]
    accepted = [row for row in rows if row.accepted]
    if not problems and len(accepted) < task.count:
        problems.append(_too_few(rows, len(accepted), task))
    warnings += _revision_warnings(accepted, task.count)
    return Report(problems, warnings, rows, _statistics(rows, files, task))


def _file_problems(file: Returned, drafts: Mapping[str, Pair], task: Task) -> Iterator[str]:
    if file.languages and tuple(map(_primary, file.languages)) != task.languages:
        yield f"it is for {'-'.join(file.languages)}, but params.languages is {'-'.join(task.languages)}"
    seen: dict[str, str] = {}
    for row in file.rows:
        where = f"{row.place} ({row.id})"
        if row.id in seen:
            yield f"{where}: the id is already on {seen[row.id]}; remove one of the rows"
            continue
        seen[row.id] = row.place
        if row.id not in drafts:
            yield f"{where}: no draft has this id; put it back as it was sent"
            continue
        found = problems_of(row, drafts[row.id], task.languages[1], task.forbidden, is_plain_table=file.is_plain_table)
        yield from (f"{where}: {problem}" for problem in found)


def _primary(language: str) -> str:
    """Return the language of a tag, as `zh-Hans` or `deu_DE`, by the code that params have."""
    code = language.replace("_", "-").partition("-")[0].casefold()
    try:
        return language_code(code)
    except ValueError:
        return code


def _file_warnings(file: Returned, drafts: Mapping[str, Pair], task: Task) -> Iterator[str]:
    yield from file.warnings
    if file.drafts and file.drafts != drafts_digest(task.drafts):
        yield "it was made from other drafts than the current ones: seeds, the pool or a test set have changed since"
    lines = [(row, drafts[row.id]) for row in file.rows if row.id in drafts and not (_is_rejected(row) or row.fault)]
    yield from (f"{row.place} ({row.id}): {warning}" for row, warning in warnings_of(lines, task.languages[1]))


def _is_rejected(row: Row) -> bool:
    return row.status.strip().casefold() == "rejected"


def _equal_targets(chosen: Mapping[str, tuple[Row, Returned]], drafts: Mapping[str, Pair]) -> Iterator[str]:
    """Yield rows with the same target as another row, unless both drafts already had that target."""
    first: dict[str, str] = {}
    for i, (row, file) in chosen.items():
        target = words(row.target)
        if i not in drafts or _is_rejected(row) or not target:
            continue
        other = first.setdefault(target, i)
        if other != i and not all(words(drafts[name].trg) == target for name in (i, other)):
            yield f"{file.path}: {row.place} ({i}): {other} has the same target; one of them must be wrong"


def _revised(place: int, draft: Pair, found: tuple[Row, Returned] | None, count: int) -> Revised:
    left = Revised(draft.id, draft.src, draft.trg, "missing", place >= count, None, "", 0.0)
    if found is None:
        return left
    row, file = found
    left = replace(left, reviser=file.reviser, comment=row.comment)
    if _is_rejected(row):
        return replace(left, status="rejected")
    if comparable(row.target) == comparable(draft.trg):
        return replace(left, status="unchanged")
    distance = round(edit_distance(row.target, draft.trg), 4)
    return replace(left, trg=row.target, status="edited", edit_distance=distance)


def _too_few(rows: Sequence[Revised], accepted: int, task: Task) -> str:
    rejected = sum(row.status == "rejected" for row in rows)
    total = len(task.drafts)
    text = (
        f"{accepted} of {total} rows can be seeds ({rejected} rejected, {total - accepted - rejected} missing), but "
        f"seeds.count = {task.count}; have {task.count - accepted} more of them revised"
    )
    if accepted:
        # Drafts depend only on the sum.
        text += (
            f", or set seeds.count: {accepted} and seeds.reserve: {total - accepted} and import the same files again"
        )
    return text


def _revision_warnings(accepted: Sequence[Revised], count: int) -> Iterator[str]:
    unchanged = sum(row.status == "unchanged" for row in accepted)
    if accepted and unchanged > MAX_UNCHANGED_SHARE * len(accepted):
        yield f"{unchanged} of {len(accepted)} targets are unchanged drafts: was this file revised?"
    if unread := [row.id for row in accepted[:count] if row.reserve and row.status == "unchanged"]:
        yield f"unchanged rows of the reserve become seeds: {', '.join(unread)}; was the reserve revised too?"


def _statistics(rows: Sequence[Revised], files: Sequence[Returned], task: Task) -> dict[str, Any]:
    statuses = [row.status for row in rows]
    accepted = [row for row in rows if row.accepted]
    distances = [row.edit_distance for row in accepted if row.status == "edited"]
    counts = {status: statuses.count(status) for status in ("unchanged", "edited", "rejected", "missing")}
    found = counts | {
        "drafts": len(rows),
        "refilled": sum(row.reserve for row in accepted[: task.count]),
        "edited_share": len(distances) / max(1, len(accepted)),
        "edit_distance": {"mean": mean(distances), "median": median(distances)} if distances else None,
        "agreement": _agreement(files),
        "files": [_file_statistics(file, task) for file in files],
    }
    return dict(rounded(found))


def _file_statistics(file: Returned, task: Task) -> dict[str, Any]:
    drafts = {pair.id: pair.trg for pair in task.drafts}
    rejected = sum(map(_is_rejected, file.rows))
    edited = sum(
        not _is_rejected(row) and row.id in drafts and comparable(row.target) != comparable(drafts[row.id])
        for row in file.rows
    )
    return {
        "name": file.path.name,
        "sha256": digest(file.path),
        "reviser": file.reviser,
        "date": file.date,
        "rows": len(file.rows),
        "edited": edited,
        "rejected": rejected,
    }


def _agreement(files: Sequence[Returned]) -> dict[str, Any] | None:
    """Return the agreement of two files on shared rows: rejected by both, or the similarity of the targets.

    With more than two files, all pairs of files are compared.
    """
    tables = [{row.id: row for row in file.rows} for file in files]
    shared = [
        (one[i], other[i])
        for n, one in enumerate(tables)
        for other in tables[n + 1 :]
        for i in one.keys() & other.keys()
    ]
    if not shared:
        return None
    likeness = sorted(_similarity(*rows) for rows in shared)
    return {
        "rows": len({row.id for row, _ in shared}),
        "equal_share": likeness.count(1.0) / len(likeness),
        "mean_similarity": mean(likeness),
    }


def _similarity(row: Row, other: Row) -> float:
    if _is_rejected(row) or _is_rejected(other):
        return float(_is_rejected(row) and _is_rejected(other))
    return 1 - edit_distance(row.target, other.target)
