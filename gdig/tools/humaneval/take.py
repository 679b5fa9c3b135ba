"""Import returned sheets: a report of all problems, or the answers of all raters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gdig.seeds.sheets.table import Line, Table
from gdig.seeds.sheets.texts import difference, words
from gdig.tools.humaneval.campaign import Campaign, Item
from gdig.tools.humaneval.layout import answers_asked, texts_of


@dataclass(frozen=True)
class Answer:
    """A rater's answer in one row."""

    item: Item
    values: Mapping[str, str]
    """Allowed value by column to fill in."""
    comment: str


@dataclass(frozen=True)
class Imported:
    """Result of checking the returned sheets."""

    problems: list[str]
    warnings: list[str]
    answers: list[Answer]
    """In the order of the key; unused if there are problems."""


def import_sheets(
    files: Sequence[tuple[Path, Table]], unreadable: Sequence[str], campaign: Campaign, *, partial: bool
) -> Imported:
    """Check returned sheets against the key.

    Args:
        files: sheets that could be read.
        unreadable: problems of the files that could not be read.
        campaign: the key.
        partial: leave out rows that are missing or have no answer.
    """
    items = {item.id: item for item in campaign.items}
    problems, warnings = list(unreadable), []
    places: dict[str, str] = {}
    answers: dict[str, Answer] = {}
    for path, table in files:
        warnings += [f"{path}: {warning}" for warning in table.warnings]
        if table.lines and not any(_id(line) in items for line in table.lines):
            problems.append(f"{path}: no row's id is in the key; it is a sheet of another key, or lost its column id")
            continue
        unanswered: list[str] = []
        for line in table.lines:
            item, where = items.get(_id(line)), f"{line.place} ({_id(line)})"
            if item is None:
                problems.append(f"{path}: {where}: the key has no such id; put it back as it was sent")
                continue
            if item.id in places:
                problems.append(f"{path}: {where}: the id is already in {places[item.id]}; remove one of the rows")
                continue
            places[item.id] = f"{path}, {line.place}"
            found = list(_problems(line, item, campaign))
            problems += [f"{path}: {where}: {problem}" for problem in found]
            values = {name: _answer(line, name) for name in answers_asked(campaign)}
            if not any(values.values()):
                unanswered.append(where)
            elif not found and all(values.values()):
                answers[item.id] = Answer(item, values, line.texts.get("comment", "").strip())
        if unanswered and not partial:
            problems.append(
                f"{path}: rows without an answer ({len(unanswered)}): {', '.join(unanswered)}; have them judged, or "
                f"leave such rows out with --partial"
            )
    if not partial and not unreadable:
        problems += _missing(campaign, places)
    if not problems and not any(not answer.item.is_repeat for answer in answers.values()):
        problems.append("no row has an answer; is this the file that the rater has filled in?")
    return Imported(problems, warnings, [answers[i] for i in items if i in answers])


def _id(line: Line) -> str:
    return line.texts.get("id", "").strip()


def _problems(line: Line, item: Item, campaign: Campaign) -> Iterator[str]:
    if line.fault:
        yield line.fault
        return
    for name, sent in texts_of(campaign, item, campaign.by_segment()[item.segment]).items():
        back = line.texts[name]
        if words(back) != words(sent):
            yield line.faults.get(name) or (
                f"the {name} was changed: {difference(words(sent), words(back))}; put it back as it was sent"
            )
    asked = answers_asked(campaign)
    empty = [name for name in asked if not _answer(line, name)]
    for name, allowed in asked.items():
        said = _answer(line, name)
        if said and said not in allowed:
            # A mark that a spreadsheet has converted to a number is valid; a formula is not.
            is_formula = "formula" in line.faults.get(name, "")
            yield line.faults[name] if is_formula else f"the {name} is {said!r}; write one of {', '.join(allowed)}"
    if 0 < len(empty) < len(asked):
        yield f"no mark in {', '.join(empty)}; fill in all marks of the row, or none"


def _answer(line: Line, name: str) -> str:
    """Return the normalised value of a column to fill in, for inputs such as ` Left` and `4.0`."""
    return line.texts.get(name, "").strip().casefold().removesuffix(".0")


def _missing(campaign: Campaign, places: Mapping[str, str]) -> Iterator[str]:
    for rater in campaign.raters():
        ids = [item.id for item in campaign.items if item.rater == rater]
        missing = [i for i in ids if i not in places]
        if len(missing) == len(ids):
            yield f"rater {rater}: the sheet ({len(ids)} rows) is in no file; add it, or continue without it: --partial"
        elif missing:
            yield (
                f"rater {rater}: {len(missing)} of {len(ids)} rows are missing: {', '.join(missing)}; add them, or "
                f"continue without them: --partial"
            )
