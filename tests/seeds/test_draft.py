import pytest

from gdig.io.records import Pair
from gdig.io.text import keys_of
from gdig.seeds.draft import drafts_digest, draw_drafts, order_of

HELDOUT = [Pair(f"h-{n}", f"Satz {n}", f"sentence {n}") for n in range(20)]
NOTHING = frozenset()


def test_the_order_is_seeded_and_does_not_depend_on_the_files():
    assert order_of(HELDOUT, NOTHING, 1) == order_of(HELDOUT[::-1], NOTHING, 1)
    assert order_of(HELDOUT, NOTHING, 1) != order_of(HELDOUT, NOTHING, 2)


def test_fewer_seeds_are_a_part_of_more():
    order = order_of(HELDOUT, NOTHING, 1)
    assert draw_drafts(order, 12, 4)[:7] == draw_drafts(order, 5, 2)
    assert draw_drafts(order, 12, 4) == draw_drafts(order, 10, 6)


def test_what_stands_in_other_sets_on_either_side_and_repeated_sources_are_left_out():
    heldout = [*HELDOUT, Pair("h-20", "SATZ 3!", "another sentence")]
    forbidden = keys_of([Pair("v-0", "satz, 5", "x"), Pair("t-0", "y", "Sentence 6")])
    order = order_of(heldout, forbidden, 1)
    left = {pair.id for pair in heldout} - {pair.id for pair in order.pairs}
    assert {"h-5", "h-6"} < left
    assert len(left & {"h-3", "h-20"}) == 1
    assert order.skipped == {"in a validation or test set": 2, "repeats a source": 1}


@pytest.mark.parametrize(
    ("count", "reserve", "remedy"),
    [
        (15, 6, "lower seeds.reserve to 4, or raise"),
        (30, 6, "lower seeds.count to 19 and seeds.reserve to 0, or raise"),
    ],
)
def test_too_few_pairs_say_which_number_to_change(count, reserve, remedy):
    order = order_of(HELDOUT, keys_of([Pair("v", "Satz 0", "x")]), 1)
    with pytest.raises(ValueError, match=remedy) as error:
        draw_drafts(order, count, reserve)
    assert "19 of 20 held-out pairs can be seeds (left out: 1 in a validation or test set)" in str(error.value)


def test_the_digest_sees_order_and_text():
    digests = {drafts_digest(pairs) for pairs in (HELDOUT, HELDOUT[::-1], HELDOUT[1:], [])}
    assert len(digests) == 4
    assert drafts_digest([Pair("a", "\ud800", "é")]) != drafts_digest([Pair("a", "\ud800", "e\u0301")])
