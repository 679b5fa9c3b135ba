from dataclasses import replace

import pytest

from gdig.io.records import Pair
from gdig.io.text import keys_of
from gdig.seeds.problems import problems_of
from gdig.seeds.rows import Row

DRAFT = Pair("s-1", "Die Katze - schläft 3 Stunden", "The cat sleeps 3 hours")
ROW = Row("row 2", DRAFT.id, DRAFT.src, DRAFT.trg)
FORBIDDEN = keys_of([Pair("t-0", "x", "A test sentence!")])


def problems(row, draft=DRAFT, language="en", is_plain_table=False):
    return list(problems_of(row, draft, language, FORBIDDEN, is_plain_table=is_plain_table))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"fault": "the target is a formula"}, "the target is a formula"),
        ({"status": "done"}, "the status is 'done'; write unchanged, edited, rejected, or nothing"),
        ({"source": "Die Katze - schlief 3 Stunden"}, "Die Katze - [-schläft-]{+schlief+} 3 Stunden; put it back"),
        ({"target": " \u3000\n"}, "the target is empty; translate the source, or write rejected"),
        ({"target": "\u200b\u200d"}, "the target is empty; translate the source, or write rejected"),
        ({"target": "The c\ufffdt"}, "U+FFFD at character 6: a wrong encoding lost text"),
        ({"target": "Die Katze -  schläft 3 Stunden"}, "the target is the source"),
        ({"target": "a TEST sentence"}, "occurs in a validation or test set"),
        ({"target": "那只猫睡了"}, "0% of the target's letters are of a script of 'en'"),
        ({"target": "The cat\x85 sleeps"}, "control characters (U+0085)"),
        ({"target": "The cat ␇sleeps"}, "control characters (U+2407)"),
        ({"target": "#NAME?"}, "an error value of a spreadsheet, #NAME?"),
        ({"target": "Err:509"}, "an error value of a spreadsheet, Err:509"),
    ],
)
def test_each_problem_is_reported_alone(changes, problem):
    found = problems(replace(ROW, **changes))
    assert len(found) == 1
    assert problem in found[0]


def test_a_row_can_have_several():
    assert len(problems(replace(ROW, source="Ein Hund", target="\ufffd", status="ok"))) == 3


@pytest.mark.parametrize(
    "changes", [{}, {"target": "A cat sleeps"}, {"status": "Rejected "}, {"status": "edited"}, {"target": "42"},
                {"source": DRAFT.src.replace("ä", "a\u0308") + " "}, {"target": "line\nbreak\tand tab"}],
)  # fmt: skip
def test_rows_without_problems(changes):
    assert problems(replace(ROW, **changes)) == []


def test_rejected_rows_may_have_any_text():
    assert problems(replace(ROW, status="rejected", target="", source="")) == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_what_looks_like_a_formula_only_in_a_plain_table_and_only_where_it_is_new(start):
    row = replace(ROW, target=f"{start}sum")
    assert f"begins with {start!r}" in problems(row, is_plain_table=True)[0]
    assert problems(row) == []
    assert problems(row, replace(DRAFT, trg=f"{start}other"), is_plain_table=True) == []


def test_a_dash_that_the_source_has_too_is_no_formula():
    draft = Pair("s-1", "- Ja.", "Yes.")
    assert problems(Row("row 2", "s-1", "- Ja.", "- Yes."), draft, is_plain_table=True) == []


def test_damage_in_the_draft_must_be_fixed_too():
    draft = replace(DRAFT, trg="The c\ufffdt")
    assert "the draft already had it; fix it" in problems(replace(ROW, target=draft.trg), draft)[0]


def test_control_characters_of_a_draft_may_stay_but_not_in_an_edit():
    draft = replace(DRAFT, trg="The \x07cat")
    assert problems(replace(ROW, target="The ␇cat"), draft) == []
    assert "U+2407" in problems(replace(ROW, target="A ␇cat"), draft)[0]
