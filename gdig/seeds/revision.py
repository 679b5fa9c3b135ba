"""Take revised seeds back, and refuse a file that cannot be right."""

from collections.abc import Sequence
from pathlib import Path

from gdig.records import Pair
from gdig.seeds.draft import COLUMNS


def import_tsv(path: Path, drafts: Sequence[Pair]) -> list[Pair]:
    """Read a revised TSV and return the seeds in the order of the drafts.

    Raises:
        ValueError: lists every problem with its row: wrong header or column count, unknown, repeated or missing id,
            changed source, empty target, target equal to the source, U+FFFD, invalid UTF-8.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: invalid UTF-8 at byte {error.start}; save the file as UTF-8") from None
    if tuple(lines[0].removesuffix("\r").split("\t")) != COLUMNS:
        raise ValueError(f"{path}: the header must be {' <tab> '.join(COLUMNS)}, not {lines[0]!r}")

    sources = {pair.id: " ".join(pair.src.split()) for pair in drafts}
    revised: dict[str, Pair] = {}
    problems: list[str] = []
    for number, line in enumerate(lines[1:], start=1):
        fields = line.removesuffix("\r").split("\t")
        if len(fields) != len(COLUMNS):
            problems.append(f"row {number}: {len(fields)} columns instead of {len(COLUMNS)}")
            continue
        row = Pair(*fields)
        problem = _problem(row, sources, revised)
        if problem:
            problems.append(f"row {number} ({row.id}): {problem}")
        else:
            revised[row.id] = row
    problems += [f"missing: {i}" for i in sources if i not in revised and not any(i in p for p in problems)]
    if problems:
        raise ValueError(f"{path}: {len(problems)} problems; nothing was imported\n  " + "\n  ".join(problems))
    return [Pair(pair.id, pair.src, revised[pair.id].trg) for pair in drafts]


def _problem(row: Pair, sources: dict[str, str], revised: dict[str, Pair]) -> str | None:
    if row.id not in sources:
        return "unknown id"
    if row.id in revised:
        return "repeated id"
    if row.src != sources[row.id]:
        return f"the source was changed: {row.src!r} instead of {sources[row.id]!r}"
    if not row.trg.strip():
        return "the target is empty"
    if row.trg == row.src:
        return "the target is the source"
    if "\ufffd" in row.src + row.trg:
        return "U+FFFD: the text was damaged by a wrong encoding"
    return None
