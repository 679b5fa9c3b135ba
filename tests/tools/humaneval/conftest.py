"""Translations of two or three systems, and raters that fill in their sheets by a rule."""

from openpyxl import load_workbook

from gdig.tools.humaneval.campaign import Segment
from gdig.tools.humaneval.draw import draw_campaign

HARD = (
    "plain words", '"quoted" start', "=SUM(A1:A2)", "+1 and more", " outer space ", "two\nlines", "a\ttab", "007",
    "emoji 👩\u200d👧", "经济增长。", "מבחן", "_x000A_ escape", "bell\x07", "a\u2028b", "'apostrophe", "",
    "1e5", "TRUE",
)  # fmt: skip


def segments(count=30, systems=("ours", "theirs")):
    """Each translation says its segment, and which system made it only to those who know that `ours` has an accent."""
    accents = dict(zip(systems, ("é", "e", "ë"), strict=False))
    return [
        Segment(
            id=f"test-{n:04d}",
            source=f"Quelle {n}: {HARD[n % len(HARD)]}",
            reference=f"reference {n}",
            hypotheses={system: f"{HARD[n % len(HARD)]} s{accents[system]}gment {n}" for system in systems},
        )
        for n in range(count)
    ]


def campaign(items=None, systems=("ours", "theirs"), **options):
    settings = {
        "kind": "pairwise" if len(systems) == 2 else "rating", "count": 30, "repeats": 0.1, "raters": 1,
        "shared": None, "with_reference": False, "seed": 5,
    }  # fmt: skip
    given = segments(systems=systems) if items is None else items
    return draw_campaign(given, {system: f"{system}.txt" for system in systems}, **(settings | options))


def answers_of(key, rule):
    """Return the answers by row id; `rule(item)` gives the better system or None, or marks by system."""
    found = {}
    for item in key.items:
        said = rule(item)
        if key.kind == "pairwise":
            found[item.id] = {"choice": "tie" if said is None else ("left", "right")[item.order.index(said)]}
        else:
            found[item.id] = {
                f"{name} {number}": str(mark)
                for number, system in enumerate(item.order, start=1)
                for name, mark in zip(("adequacy", "fluency"), said[system], strict=True)
            }
    return found


def fill(path, answers):
    """Fill in a sheet's file."""
    if path.suffix == ".xlsx":
        book = load_workbook(path)
        sheet = book["translations"]
        names = [cell.value for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2):
            for name, value in answers.get(row[0].value, {}).items():
                row[names.index(name)].value = value
        book.save(path)
        return
    lines = [line.split("\t") for line in path.read_text("utf-8").rstrip("\n").split("\n")]
    for line in lines[1:]:
        for name, value in answers.get(line[0], {}).items():
            line[lines[0].index(name)] = value
    path.write_text("".join("\t".join(line) + "\n" for line in lines), "utf-8", newline="")
