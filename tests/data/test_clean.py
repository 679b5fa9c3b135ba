import pytest

from gdig.config import Prepare
from gdig.data.clean import NUM_SAMPLES, clean
from gdig.data.decontaminate import keys_of, matching_key
from gdig.records import Pair

ALL_OFF = {
    "normalise_unicode": False, "drop_control_characters": False, "drop_copies": False, "max_characters": None,
    "character_ratio": None, "drop_duplicates": False, "decontaminate": False,
}  # fmt: skip
GOOD = Pair("good", "Guten Morgen", "Good morning")


def rules(**changes):
    return Prepare(**(ALL_OFF | changes))


@pytest.mark.parametrize(
    ("change", "pair", "rule"),
    [
        ({}, Pair("x", "Hallo", " \t"), "empty"),
        ({"drop_control_characters": True}, Pair("x", "\u200b", "Hi"), "empty"),
        ({"drop_copies": True}, Pair("x", "Berlin", "Berlin"), "copy"),
        ({"max_characters": 5}, Pair("x", "sechs!", "six"), "too_long"),
        ({"character_ratio": [0.5, 2.0]}, Pair("x", "ja", "yes, indeed"), "odd_length_ratio"),
        ({"drop_duplicates": True}, Pair("x", "guten  MORGEN!", "Good morning."), "duplicate"),
        ({"decontaminate": True}, Pair("x", "Etwas", "ＬＥＡＫＥＤ text"), "contaminated"),
    ],
)
def test_each_rule_rejects_counts_and_samples_and_can_be_switched_off(change, pair, rule):
    forbidden = keys_of([Pair("t", "Verraten", "Leaked text!")])
    # With the limit of five characters even GOOD would go.
    first = [] if "max_characters" in change else [GOOD]
    kept, rejects = clean([*first, pair], rules(**change), forbidden)
    assert kept == first
    assert rejects.summary() == {
        "seen": len(first) + 1,
        "kept": len(first),
        "rejected": {rule: 1},
        "samples": {rule: [{"id": "x", "src": pair.src, "trg": pair.trg}]},
    }
    if change:
        assert len(clean([GOOD, pair], rules(), forbidden)[0]) == 2


def test_normalisation():
    pair = Pair("x", "Scho\u0308n\u00a0 und\x07 gut\u2028", "Nice\tand good")
    kept, _ = clean([pair], rules(normalise_unicode=True, drop_control_characters=True), frozenset())
    assert kept == [Pair("x", "Schön und gut", "Nice and good")]


def test_full_width_punctuation_survives():
    pair = Pair("x", "你好，世界！", "Hello, world!")
    kept, _ = clean([pair], rules(normalise_unicode=True, drop_control_characters=True), frozenset())
    assert kept == [pair]


def test_samples_are_limited_and_seeded():
    pairs = [Pair(f"p{n}", "a", " ") for n in range(100)]
    first, second = (clean(order, rules(), frozenset())[1].summary() for order in (pairs, pairs[::-1]))
    assert first == second
    assert len(first["samples"]["empty"]) == NUM_SAMPLES


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ein Haus.", "ein haus"),
        ("Straße", "STRASSE"),
        ("ＡＢＣ １２", "abc12"),
        ("a-b_c", "abc"),
        ("é", "e\u0301"),
    ],
)
def test_matching_key_ignores_case_width_and_punctuation(one, other):
    assert matching_key(one) == matching_key(other)


def test_matching_key_keeps_texts_without_words_apart():
    assert matching_key("?!") != matching_key("...")
