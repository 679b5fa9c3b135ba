from dataclasses import replace

import pytest

from gdig.io.records import Pair
from gdig.seeds.rows import Row
from gdig.seeds.warnings import edit_distance, warnings_of
from tests.seeds.conftest import small_task

DRAFTS = small_task().drafts


def lines(targets=None, drafts=DRAFTS):
    targets = targets or [pair.trg for pair in drafts]
    return [
        (Row(f"row {n}", pair.id, pair.src, target), pair)
        for n, (pair, target) in enumerate(zip(drafts, targets, strict=True), start=2)
    ]


def warnings(rows, language="en"):
    return [f"{row.place}: {warning}" for row, warning in warnings_of(rows, language)]


def test_a_careful_revision_raises_none():
    assert warnings(lines()) == []
    assert warnings(lines([pair.trg.replace("the", "an", 1) for pair in DRAFTS])) == []


UNLIKE = (
    "the red tree", "my old house is far", "a river of fish", "stones fall", "clouds pass by", "bread for us",
    "music plays", "a window", "winter has come", "garden party", "silver spoons", "one candle burns",
)  # fmt: skip


@pytest.mark.parametrize(("offset", "neighbour"), [(1, "below"), (-1, "above")])
def test_shifted_cells(offset, neighbour):
    drafts = [replace(pair, trg=text) for pair, text in zip(DRAFTS, UNLIKE, strict=True)]
    targets = [pair.trg for pair in drafts]
    for place in range(3, 8):
        targets[place] = drafts[place + offset].trg
    found = [warning for warning in warnings(lines(targets, drafts)) if "were cells shifted" in warning]
    assert found == [f"row 5: the targets up to row 9 fit the rows {neighbour} them: were cells shifted?"]
    targets[4] = drafts[4].trg
    targets[6] = drafts[6].trg
    assert not any("were cells shifted" in warning for warning in warnings(lines(targets, drafts)))


DRAFT = Pair("s-0", "Siehe {name} und 1.000 <b>Häuser</b>", "See {name} and 1,000 <b>houses</b>")


@pytest.mark.parametrize(
    ("draft", "target", "status", "warning"),
    [
        (DRAFT, "ZZZZ QQQQ", "", "almost nothing is left of the draft"),
        (DRAFT, DRAFT.trg, "edited", "the status says edited, but the target is unchanged"),
        (DRAFT, DRAFT.trg + "!", "unchanged", "the status says unchanged, but the target is edited"),
        (DRAFT, DRAFT.trg.replace("1,000", "7"), "", "only the source has 1000; only the target has 7"),
        (DRAFT, DRAFT.trg.replace("{name}", "him"), "", "placeholders differ: only the source has {name}"),
        (DRAFT, DRAFT.trg.replace("</b>", ""), "", "placeholders differ: only the source has </b>"),
        (DRAFT, DRAFT.trg + " und 这是一个很长的中文句子啊", "", "of the target's letters are of a script of 'en'"),
        (Pair("s-0", 'Er sagte "ja"', '"Yes", he said'), "Yes, he said", "", "only quotation marks were lost"),
        (Pair("s-0", "Ein \ufffd Wort", "A word"), "A word", "", "the source has U+FFFD"),
    ],
)  # fmt: skip
def test_each_warning(draft, target, status, warning):
    found = warnings([(Row("row 2", draft.id, draft.src, target, status), draft)])
    assert any(warning in line for line in found), found


def test_a_length_unlike_that_of_the_others():
    targets = [pair.trg for pair in DRAFTS]
    targets[4] = "short"
    assert any(
        "row 6: 0.1" in line and "characters per source character, where" in line for line in warnings(lines(targets))
    )


def test_numbers_are_equal_in_other_digits_and_separators():
    draft = Pair("s-0", "１２ von 3.500,5", "12 of 3,500.5")
    assert warnings([(Row("row 2", "s-0", draft.src, draft.trg), draft)]) == []


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("2,5 ml", "2.5 ml", None),
        ("2,5 ml", "25 ml", "only the source has 2.5; only the target has 25"),
        ("12.000 t", "12,000 t", None),
        ("3² m", "32 m", "only the source has 2, 3; only the target has 32"),
    ],
)
def test_a_decimal_point_that_is_lost(source, target, said):
    draft = Pair("s-0", source, target)
    found = warnings([(Row("row 2", "s-0", draft.src, draft.trg), draft)])
    assert found == ([] if said is None else [f"row 2: numbers differ: {said}"])


def test_edit_distance():
    assert edit_distance("café", "cafe\u0301") == 0
    assert edit_distance("abcd", "abcx") == 0.25
    assert edit_distance("", "abc") == 1
