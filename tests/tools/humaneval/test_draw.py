import pytest

from gdig.tools.humaneval.campaign import Segment
from tests.tools.humaneval.conftest import campaign, segments


def rows_of(key, rater=1):
    return [item for item in key.items if item.rater == rater]


def test_one_seed_gives_one_campaign_for_any_order_of_the_segments():
    assert campaign() == campaign(segments()[::-1])
    assert campaign() != campaign(seed=6)
    assert {item.id for item in campaign().items}.isdisjoint({item.id for item in campaign(seed=6).items})


def test_every_drawn_segment_is_asked_once_and_some_twice():
    key = campaign(count=20, repeats=0.1)
    rows = rows_of(key)
    assert sorted(item.segment for item in rows if not item.is_repeat) == [segment.id for segment in key.segments]
    assert len(key.segments) == 20
    assert sum(item.is_repeat for item in rows) == 2


@pytest.mark.parametrize("repeats", [0.1, 0.33])
def test_a_repeat_stands_a_third_of_the_sheet_later_with_sides_swapped(repeats):
    for seed in range(20):
        rows = rows_of(campaign(repeats=repeats, seed=seed))
        places = {(item.segment, item.is_repeat): (place, item) for place, item in enumerate(rows)}
        again = [segment for segment, is_repeat in places if is_repeat]
        assert len(again) == round(repeats * 30)
        for segment in again:
            (early, item), (late, repeat) = places[segment, False], places[segment, True]
            assert late - early > 10
            assert repeat.order == item.order[::-1]
            assert repeat.id != item.id


def test_sides_are_even_and_raters_have_their_own():
    many = [Segment(id=f"s{n}", source="a", reference=None, hypotheses={"x": "1", "y": "2"}) for n in range(1000)]
    key = campaign(many, ("x", "y"), count=1000, raters=2, repeats=0)
    one, other = ({item.segment: item.order for item in rows_of(key, rater)} for rater in (1, 2))
    assert 440 <= sum(order == ("x", "y") for order in one.values()) <= 560
    assert 440 <= sum(one[segment] == other[segment] for segment in one) <= 560
    assert list(one) != list(other)


def test_three_systems_take_all_places():
    key = campaign(systems=("a", "b", "c"))
    assert len({item.order for item in key.items}) == 6


def test_shared_segments_go_to_all_and_the_others_to_one_each():
    key = campaign(raters=3, shared=6, repeats=0)
    sheets = [{item.segment for item in rows_of(key, rater)} for rater in (1, 2, 3)]
    assert [len(sheet) for sheet in sheets] == [14, 14, 14]
    assert len(set.intersection(*sheets)) == 6
    assert len(set.union(*sheets)) == 30
    assert {len(rows_of(campaign(raters=3, repeats=0), rater)) for rater in (1, 2, 3)} == {30}


def test_segments_translated_alike_are_ties_that_nobody_is_asked():
    items = [
        segment.model_copy(update={"hypotheses": {"ours": "the same", "theirs": " the  same"}}) if n < 4 else segment
        for n, segment in enumerate(segments())
    ]
    key = campaign(items)
    assert key.equal == ("test-0000", "test-0001", "test-0002", "test-0003")
    assert not {item.segment for item in key.items} & set(key.equal)
    assert campaign(items, kind="rating").equal == ()
    with pytest.raises(ValueError, match="--count 4: the systems translate all of the segments drawn alike"):
        campaign(items[:4], count=4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 31}, "--count 31: there are 30 segments; say 1 to 30"),
        ({"count": 0}, "--count 0"),
        ({"repeats": 0.5}, "--repeats 0.5: from 0 to 0.33"),
        ({"raters": 0}, "--raters 0"),
        ({"raters": 4, "shared": 28}, "--shared 28: 2 segments are left to divide between 4 raters; share 30, or 26"),
        ({"shared": -1}, "--shared -1"),
        ({"seed": -1}, "--seed -1: from 0 to 4294967295"),
        ({"systems": ("a", "b", "c"), "kind": "pairwise"}, "compares two systems, not 3; use --kind rating"),
        ({"systems": ("a",), "kind": "rating"}, "1 systems: name two or more"),
    ],
)
def test_what_cannot_be_drawn(options, message):
    with pytest.raises(ValueError, match="--") as error:
        campaign(**options)
    assert message in str(error.value)


def test_references_must_be_there_to_be_shown():
    bare = [segment.model_copy(update={"reference": None}) for segment in segments()]
    with pytest.raises(ValueError, match="name their file with --references"):
        campaign(bare, with_reference=True)
