import pytest

from gdig.config import Languages
from gdig.scoring.sanity import sanity

GERMAN = ["Der alte Lehrer kauft heute einen roten Apfel.", "Meine Schwester liest ein neues Buch.", "OK."]
ENGLISH = ["The old teacher buys a red apple today.", "My sister is reading a new book.", "OK."]
PAIR = Languages(source="de", target="en")


def test_good_translations_are_sane():
    assert sanity(GERMAN, ENGLISH, ENGLISH, PAIR) == {
        "empty_share": 0, "copied_share": 0, "repetitive_share": 0, "wrong_language_share": 0, "length_ratio": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hypothesis", "key"),
    [
        (" ", "empty_share"),
        ("der alte lehrer kauft heute einen roten apfel", "copied_share"),
        ("Der junge Arzt sieht heute zwei rote Äpfel auf dem Tisch.", "wrong_language_share"),
        ("the red apple the red apple the red apple", "repetitive_share"),
    ],
)
def test_each_fault_is_counted(hypothesis, key):
    found = sanity(GERMAN, [hypothesis, *ENGLISH[1:]], ENGLISH, PAIR)
    assert found[key] == pytest.approx(1 / 3)
    others = {name for name, value in found.items() if name.endswith("_share") and value and name != key}
    assert others <= ({"wrong_language_share"} if key == "copied_share" else set())


def test_what_the_reference_does_too_is_no_fault():
    song = ["row your boat row your boat row your boat"]
    assert sanity(["rudere"], song, song, PAIR)["repetitive_share"] == 0
    assert sanity(["OK."], ["OK."], ["OK."], PAIR)["copied_share"] == 0


def test_chinese_repeats_characters_and_unknown_languages_are_not_identified():
    found = sanity(["x"], ["一个苹果一个苹果一个苹果"], ["我有一个苹果。"], Languages(source="en", target="zh"))
    assert found["repetitive_share"] == 1
    found = sanity([], ["ab"], ["abcd"], Languages(source="gsw", target="en"))
    assert found == {"empty_share": 0, "repetitive_share": 0, "length_ratio": 0.5}
