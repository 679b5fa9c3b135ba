"""Warnings about returned rows; they do not block the import."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from rapidfuzz.distance import Levenshtein

from gdig.io.records import Pair
from gdig.io.text import compatible
from gdig.seeds.problems import MIN_SHARE_IN_SCRIPT, share_in_script
from gdig.seeds.rows import Row
from gdig.seeds.sheets.texts import comparable, words

MAX_EDIT_DISTANCE = 0.9
MAX_UNCHANGED_SHARE = 0.9
MIN_SHARE_WITHOUT_WARNING = 0.5
MIN_RUN = 3
"""Consecutive rows that must match their neighbours before they count as shifted."""
MIN_FIT = 0.7
MAX_LENGTH_FACTOR = 3.0

_NUMBER = re.compile(r"\d+(?:[.,'\u00a0\u202f]\d+)*")
_PLACEHOLDER = re.compile(r"\{[^{}\s]*\}|%(?:\d+\$)?[sdif]\b|</?[A-Za-z][^<>]*>|https?://[^\s。，]+")

Line = tuple[Row, Pair]
"""A row that is not rejected, and its draft."""


def warnings_of(lines: Sequence[Line], language: str) -> Iterator[tuple[Row, str]]:
    """Yield the warnings about the rows of one file, in order."""
    yield from shifted(lines)
    ratios = [len(row.target) / len(row.source) for row, _ in lines if row.source and row.target]
    usual = median(ratios) if ratios else 1.0
    for row, draft in lines:
        yield from ((row, warning) for warning in _row_warnings(row, draft, language, usual))


def _row_warnings(row: Row, draft: Pair, language: str, usual_ratio: float) -> Iterator[str]:
    if edit_distance(row.target, draft.trg) > MAX_EDIT_DISTANCE:
        yield f"almost nothing is left of the draft {draft.trg[:40]!r}: was it rewritten, or has a row been shifted?"
    status = row.status.strip().casefold()
    is_edited = comparable(row.target) != comparable(draft.trg)
    if status in ("edited", "unchanged") and (status == "edited") != is_edited:
        yield f"the status says {status}, but the target is {'edited' if is_edited else 'unchanged'}; the target counts"
    if is_edited and _unquoted(row.target) == _unquoted(draft.trg) and row.target.count('"') < draft.trg.count('"'):
        yield "only quotation marks were lost: did a spreadsheet read them as delimiters?"
    if "\ufffd" in draft.src:
        yield "the source has U+FFFD, text lost by a wrong encoding; better reject the row"
    longest = max(len(row.source), len(row.target))
    ratio = len(row.target) / max(1, len(row.source))
    if longest >= 20 and not usual_ratio / MAX_LENGTH_FACTOR <= ratio <= usual_ratio * MAX_LENGTH_FACTOR:
        yield f"{ratio:.2f} characters per source character, where {usual_ratio:.2f} are usual"
    share = share_in_script(row.target, language)
    if share is not None and MIN_SHARE_IN_SCRIPT <= share < MIN_SHARE_WITHOUT_WARNING:
        yield f"{share:.0%} of the target's letters are of a script of {language!r}"
    for name, found in (("numbers", _numbers), ("placeholders", _placeholders)):
        if difference := _unbalanced(found(row.source), found(row.target)):
            yield f"{name} differ: {difference}"


def _unquoted(text: str) -> str:
    return words(text).replace('"', "")


def _numbers(text: str) -> Counter[str]:
    """Return a text's numbers with a decimal point and no other separators, which differ between languages."""
    return Counter(map(_without_separators, _NUMBER.findall(compatible(text))))


def _without_separators(number: str) -> str:
    """Return the number without the separators of thousands; 1.500 may be one, 1.5 and 1,5 are not."""
    *groups, last = re.split(r"\D", number)
    return "".join(groups) + ("." if groups and len(last) != 3 else "") + last


def _placeholders(text: str) -> Counter[str]:
    return Counter(_PLACEHOLDER.findall(text))


def _unbalanced(source: Counter[str], target: Counter[str]) -> str:
    lost, new = source - target, target - source
    sides = [
        f"only {side} has {', '.join(sorted(only))}"
        for side, only in (("the source", lost), ("the target", new))
        if only
    ]
    return "; ".join(sides)


def shifted(lines: Sequence[Line]) -> Iterator[tuple[Row, str]]:
    """Yield runs of rows whose targets match the draft of the row above or below better than their own."""
    for offset, neighbour in ((-1, "above"), (1, "below")):
        run: list[Row] = []
        for place in range(len(lines) + 1):
            if place < len(lines) and _fits_neighbour(lines, place, offset):
                run.append(lines[place][0])
                continue
            if len(run) >= MIN_RUN:
                yield run[0], f"the targets up to {run[-1].place} fit the rows {neighbour} them: were cells shifted?"
            run = []


def _fits_neighbour(lines: Sequence[Line], place: int, offset: int) -> bool:
    if not 0 <= place + offset < len(lines):
        return False
    row, draft = lines[place]
    fit = 1 - edit_distance(row.target, lines[place + offset][1].trg)
    return fit >= MIN_FIT and fit > 1 - edit_distance(row.target, draft.trg) + 0.2


def edit_distance(text: str, other: str) -> float:
    """Return the normalised edit distance: 0 for equal texts, 1 for nothing in common."""
    return float(Levenshtein.normalized_distance(comparable(text), comparable(other)))
