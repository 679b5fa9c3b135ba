from collections import Counter
from dataclasses import replace

import pytest

from gdig.io.records import Pair
from gdig.io.text import keys_of
from gdig.seeds.draft import draw_drafts, order_of
from gdig.seeds.revised import Revised, read_revised, seeds_of, write_revised

HELDOUT = [Pair(f"h-{n}", f"Satz {n}", f"sentence {n}") for n in range(20)]
NOTHING = frozenset()
ORDER = order_of(HELDOUT, NOTHING, 1)


def revision(count=10, reserve=4, rejected=()):
    return [
        Revised(
            pair.id, pair.src, f"mended {pair.trg}", "rejected" if n in rejected else "edited", n >= count, "A", "", 0.5
        )
        for n, pair in enumerate(draw_drafts(ORDER, count, reserve))
    ]


def seeds(rows, count, *, order=ORDER, heldout=HELDOUT, forbidden=NOTHING):
    found, _, passed = seeds_of(rows, order, heldout, forbidden, count)
    return found, passed


def test_rejected_rows_are_replaced_in_order_and_counts_are_nested():
    rows = revision(rejected=(0, 3, 10))
    ten, passed = seeds(rows, 10)
    assert [pair.id for pair in ten] == [rows[n].id for n in (1, 2, 4, 5, 6, 7, 8, 9, 11, 12)]
    assert all(pair.trg.startswith("mended") for pair in ten)
    assert passed == Counter(rejected=3)
    for count in (1, 4, 8):
        assert seeds(rows, count)[0] == ten[:count]


def test_what_follows_the_seeds_can_replace_them_as_far_as_it_fits():
    rows = revision(rejected=(2, 11))
    _, spares, passed = seeds_of(rows, ORDER, HELDOUT, NOTHING, 10)
    assert [pair.id for pair in spares] == [rows[n].id for n in (12, 13)]
    assert passed == Counter(rejected=1)
    rows[13] = replace(rows[13], src="Satz X")
    assert [pair.id for pair in seeds_of(rows, ORDER, HELDOUT, NOTHING, 10)[1]] == [rows[12].id]


def test_a_folder_is_read_as_it_was_written(tmp_path):
    rows = [*revision(rejected=(2,)), Revised("x-1", "a\nb", "“é”", "missing", True, None, "why", 0.0)]
    write_revised(tmp_path, rows)
    assert read_revised(tmp_path) == rows


def test_too_few_rows_say_how_many_there_are():
    with pytest.raises(
        ValueError, match=r"has 11 rows that can be seeds \(passed over: 3 rejected\).*count = 12; lower"
    ):
        seeds(revision(rejected=(0, 3, 10)), 12)


def test_a_new_test_set_takes_rows_out_by_draft_or_by_revision_and_the_reserve_fills_up():
    rows = revision()
    forbidden = keys_of([Pair("t-0", rows[1].src, "x"), Pair("t-1", "y", rows[4].trg)])
    order = order_of(HELDOUT, forbidden, 1)
    found, passed = seeds(rows, 10, order=order, forbidden=forbidden)
    assert [pair.id for pair in found] == [row.id for n, row in enumerate(rows) if n not in (1, 4)][:10]
    assert passed == {"in a validation or test set": 2}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "h-99"}, "h-99 is no held-out pair now"),
        ({"src": "Satz X"}, "was 'Satz X' and is 'Satz"),
    ],
)
def test_other_ids_and_sources_are_refused(changes, reason):
    rows = revision()
    rows[3] = replace(rows[3], **changes)
    with pytest.raises(ValueError, match="the revision does not fit the drafts") as error:
        seeds(rows, 10)
    assert reason in str(error.value)
    assert len(seeds(rows, 3)[0]) == 3


def test_another_seed_is_refused():
    with pytest.raises(ValueError, match="stands in another place of the order now"):
        seeds(revision(), 10, order=order_of(HELDOUT, NOTHING, 2))


def test_no_revision_and_what_is_none(tmp_path):
    with pytest.raises(ValueError, match=r"seeds.revision = 'spring': there is no .*; import it with"):
        read_revised(tmp_path / "spring")
    (tmp_path / "seeds.jsonl").write_text('{"id": "a"}\n')
    with pytest.raises(ValueError, match=r"seeds.jsonl:1: no row of a revision"):
        read_revised(tmp_path)
