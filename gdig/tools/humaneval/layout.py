"""Columns and instructions of a sheet, by kind of evaluation."""

from gdig.seeds.sheets.table import Column, Known
from gdig.tools.humaneval.campaign import Campaign, Item, Segment

CHOICES = ("left", "right", "tie")
MARKS = ("1", "2", "3", "4", "5")
CRITERIA = ("adequacy", "fluency")

HOW_TO = {
    "pairwise": (
        "Read the source, then both translations, and write in choice which one is better: left, right, or tie.",
        "tie: you would accept either as readily, be both good or both bad. A small difference is a difference.",
        "The systems change sides from row to row. Some rows come again, on purpose: judge each as it stands.",
        "Leave the other columns as they are; a comment is welcome anywhere.",
    ),
    "rating": (
        "Read the source, then give each translation two marks from 1 to 5.",
        "adequacy: how much of the source's meaning it says. 5 all, 4 most, 3 much, 2 little, 1 none.",
        "fluency: how well it reads by itself. 5 flawless, 4 good, 3 as of a foreigner, 2 hard to read, 1 no language.",
        "The systems change places from row to row. Some rows come again, on purpose: judge each as it stands.",
        "Leave the other columns as they are; a comment is welcome anywhere.",
    ),
}


def texts_of(campaign: Campaign, item: Item, segment: Segment) -> dict[str, str]:
    """Return the texts of a row, by column."""
    names = ("left", "right") if campaign.kind == "pairwise" else _places(campaign)
    reference = {"reference": segment.reference or ""} if campaign.with_reference else {}
    shown = {name: segment.hypotheses[system] for name, system in zip(names, item.order, strict=True)}
    return {"source": segment.source, **reference, **shown}


def _places(campaign: Campaign) -> tuple[str, ...]:
    return tuple(f"translation {number}" for number in range(1, len(campaign.systems) + 1))


def answers_asked(campaign: Campaign) -> dict[str, tuple[str, ...]]:
    """Return the columns to fill in, with the allowed values.

    For ratings, `adequacy 2` refers to the second system from the left.
    """
    if campaign.kind == "pairwise":
        return {"choice": CHOICES}
    return {f"{name} {number}": MARKS for number in range(1, len(campaign.systems) + 1) for name in CRITERIA}


def columns_of(campaign: Campaign) -> list[Column]:
    """Return the columns of a sheet."""
    reference = [Column("reference", 50, is_grey=True)] if campaign.with_reference else []
    answers = {
        name: Column(name, 10, is_editable=True, choices=asked) for name, asked in answers_asked(campaign).items()
    }
    if campaign.kind == "pairwise":
        middle = [Column("left", 50), Column("right", 50), answers["choice"]]
    else:
        middle = [
            column
            for number, place in enumerate(_places(campaign), start=1)
            for column in (Column(place, 50), *(answers[f"{name} {number}"] for name in CRITERIA))
        ]
    return [Column("id", 16), Column("source", 50), *reference, *middle, Column("comment", 30, is_editable=True)]


def known_columns(campaign: Campaign) -> Known:
    """Return the columns of a returned sheet; only comments may be missing."""
    names = [column.name for column in columns_of(campaign)]
    return Known(names, names[:-1])
