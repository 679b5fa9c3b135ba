from itertools import product

import pytest

from gdig.selectors.mining.indicators import copied_share, distinct_share, mtld, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a a", 2.0),  # a factor of two words
        ("a b c a", 4 / (0.25 / 0.28)),  # the ratio ends at 3/4: so much of a factor
        ("a b a c", (4 / 1 + 4 / (0.25 / 0.28)) / 2),  # forwards a factor and nothing more; backwards c a b a
        ("a a b b b", 5 / 2),  # forwards a a, b b, b; backwards b b, b, a a: b a a is 2/3
        ("a b c", 3 / (0.25 / 0.28)),  # as if a fourth word were one of them
        ("a", 1 / (0.5 / 0.28)),
        ("", 0.0),
    ],
)
def test_mtld_by_hand(text, expected):
    assert mtld(text.split()) == pytest.approx(expected, abs=1e-12)


def test_without_a_repetition_it_is_higher_than_with_one_and_reading_direction_is_nothing():
    for length in (3, 4, 5):
        texts = list(product("abcde", repeat=length))
        distinct = mtld("abcde"[:length])
        assert max(mtld(text) for text in texts if len(set(text)) < length) < distinct
        assert all(mtld(text) == pytest.approx(mtld(text[::-1])) for text in texts)


def test_words_are_folded_and_characters_where_there_are_no_spaces():
    assert words("The DOG, the dog!") == ["the", "dog", "the", "dog"]
    assert words("我爱狗。") == ["我", "爱", "狗"]
    assert words("?!") == []


def test_copied_words_count_as_often_as_the_source_has_them():
    assert copied_share(["a", "b"], ["a", "a", "c", "b"]) == 0.5
    assert copied_share(["a"], []) == 0.0
    assert distinct_share([3, 3, 4, 5]) == 0.75
    assert distinct_share([]) == 0.0
