"""The rules of the embedded judge, by hand."""

import pytest

from gdig.selectors.judge import rules


@pytest.fixture
def noiseless(monkeypatch):
    monkeypatch.setattr(rules, "_noise", lambda *parts: 0.0)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("abcde fghij.", "klmno pqrst.", 5.0),
        ("abcde fghij.", "klmno pqrstu", 3.5),  # no full stop
        ("abcde fghij.", "Klmno pqrst.", 4.0),  # another case at the start
        ("abcde fgh 12.", "klmno pqr 13.", 3.5),  # another number
        ("abcde fgh 12.", "klmno pqr 12.", 5.0),
        ("abcde fghij.", "abcde pqrst.", 3.5),  # one of two words is copied
        ("abcde fghij.", "klmno klmno.", 4.0),  # one of two words is a repeat
        ("abc fgh ijk.", "abc fgh abc.", 5.0),  # words below four letters do not count
        ("abcde fghij.", "klmno pqrst uvwxy zabcd.", 3.5),  # twice as long: 3 (log 2 - 0.25) off, in halves
        ("abcde fghij.", "klmno pqrst uv.", 5.0),  # a little longer
        ("abcde fghij.", "", 0.0),
    ],
)
def test_a_rating_is_five_less_a_penalty_per_defect(noiseless, source, target, expected):
    assert rules.rating(source, target) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a b c d e f g h", 3.0),  # 1 + 2 log2(1 + 8 / 8)
        ("a b c d e f g, h", 3.5),
        ("a b c d e f, weil h", 4.0),
        ("a b c d e f unabhängigkeit selbstverständlich", 3.5),
        ("und " * 60, 6.0),
    ],
)
def test_complexity_counts_words_clauses_and_long_words(noiseless, source, expected):
    assert rules.complexity(source) == expected


@pytest.mark.parametrize(
    ("tag", "there", "not_there"),
    [
        ("question", "Wer das liest", "Das liest wer"),
        ("question", "Liest du das? ", "Liest du das?!"),
        ("number", "Er hat 3", "Er hat drei"),
        ("negation", "Er hat keine Zeit", "Er hat Zeit"),
        ("modal verb", "Er soll gehen", "Er geht"),
        ("coordination", "Er und sie", "Er mit ihr"),
        ("subordinate clause", "Er geht, weil es regnet", "Er geht weil es regnet"),
        ("quotation", "Er sagt „ja“", "Er sagt ja"),
        ("parenthesis", "Er (mein Bruder) geht", "Er, mein Bruder, geht"),
        ("list", "Milch, Brot, Eier", "Milch, Brot und Eier"),
        ("long sentence", "a b c d e f g h i j k l m", "a b c d e f g h i j k l"),
        ("short sentence", "a b c d", "a b c d e"),
        ("long word", "ein Unabhängiger", "eine Unabhängige"),
        ("web address", "siehe www.example.org", "siehe example.org"),
        ("web address", "siehe https://example.org", "siehe example.org"),
        ("topic regenschirm", "Regenschirm und Hut", "Schirm und Hut"),
    ],
)
def test_a_tag_is_given_where_its_phenomenon_is(tag, there, not_there):
    assert tag in rules.tags(there)
    assert tag not in rules.tags(not_there)


def test_topics_are_the_three_longest_words_and_ties_fall_by_spelling():
    assert rules.tags("Apfel, Birne, Zitrone, Pflaume, Quitte")[-3:] == [
        "topic pflaume", "topic zitrone", "topic quitte",
    ]  # fmt: skip


def test_no_text_has_no_tags_but_that_it_is_short():
    assert rules.tags("") == ["short sentence"]


def test_noise_is_at_most_half_a_point_and_depends_on_all_texts():
    drawn = [rules._noise("rating", f"source {n}", "target") for n in range(500)]
    assert -0.5 <= min(drawn) < -0.4 < 0.4 < max(drawn) < 0.5
    assert rules._noise("a", "b") != rules._noise("b", "a")
    assert rules._noise("half of a pair of surrogates: \ud800") != rules._noise("half of a pair of surrogates: ")
