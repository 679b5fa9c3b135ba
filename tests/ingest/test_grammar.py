import re
from random import Random

import pytest

from gdig.config import Embedded, Pool
from gdig.ingest.grammar.families import FAMILIES
from gdig.ingest.grammar.lexicon import ADJECTIVES, NOUNS
from gdig.ingest.grammar.phrases import noun_phrase
from gdig.ingest.sources.embedded import generate

POOL = Pool(
    sources=[{"name": "grammar", "kind": "embedded", "weight": 1.0}],
    valid=[{"name": "dev", "kind": "embedded", "mixture": "balanced", "rows": 70}],
    tests=[
        {"name": "mixture", "kind": "embedded", "mixture": "pool", "rows": 100},
        {"name": "balanced", "kind": "embedded", "mixture": "balanced", "rows": 70},
    ],
    num_pool=900, num_heldout=60, num_valid=None, num_base_text=200, seed=5,
)  # fmt: skip
EMBEDDED = Embedded(
    boilerplate_share=0.4, boilerplate_copies=10, numbered_share=0.0, family_skew=0.75, heldout_skew=None
)


@pytest.fixture(scope="module")
def raw():
    return generate(POOL, EMBEDDED)


def test_equal_seeds_give_equal_text_and_others_do_not(raw):
    assert generate(POOL, EMBEDDED) == raw
    assert generate(POOL.model_copy(update={"seed": 6}), EMBEDDED).pool != raw.pool


def test_no_sentence_occurs_twice_in_any_part(raw):
    pairs = [*raw.pool, *raw.heldout, *raw.valid, *raw.test, *raw.base_text]
    assert len({pair.src for pair in pairs}) == len({pair.trg for pair in pairs}) == len(pairs)
    assert len({pair.id for pair in pairs}) == len(pairs)


def test_a_larger_pool_leaves_the_other_parts_alone(raw):
    larger = generate(POOL.model_copy(update={"num_pool": 1000}), EMBEDDED)
    assert (larger.test, larger.valid, larger.heldout) == (raw.test, raw.valid, raw.heldout)


def count(raw, part, family):
    return sum(raw.origin[pair.id] == family for pair in part)


def named(raw, name):
    return [pair for pair in raw.test if pair.id.startswith(f"{name}-")]


def test_the_pool_is_skewed_and_redundant_and_the_test_sets_are_like_it_and_balanced(raw):
    mixture, balanced = named(raw, "mixture"), named(raw, "balanced")
    assert len(mixture) + len(balanced) == len(raw.test)
    for part in (raw.pool, mixture):
        assert 0.3 < count(raw, part, "boilerplate") / len(part) < 0.5
        assert count(raw, part, "statement") > 3 * count(raw, part, "relative")
    for part in (balanced, raw.valid):
        assert count(raw, part, "boilerplate") == 0
        assert min(count(raw, part, family) for family in FAMILIES) >= 1


def test_numbers_may_be_everywhere():
    found = generate(POOL, EMBEDDED.model_copy(update={"numbered_share": 0.5, "boilerplate_share": 0.0}))
    for part in (found.pool, found.valid, found.base_text):
        assert 0.35 < sum(any(map(str.isdigit, pair.src)) for pair in part) / len(part) < 0.65
    numbers = [re.findall(r"\d+", text) for pair in found.pool for text in (pair.src, pair.trg)]
    assert numbers[::2] == numbers[1::2]


def test_seeds_may_be_of_what_is_rare_in_the_pool():
    found = generate(POOL, EMBEDDED.model_copy(update={"heldout_skew": 1.6, "boilerplate_share": 0.0}))
    rarest = list(FAMILIES)[-3:]
    shares = [sum(count(found, part, family) for family in rarest) / len(part) for part in (found.heldout, found.pool)]
    assert shares[0] > 0.5 > 0.2 > shares[1]


def test_there_are_ten_families_and_some_hundred_word_forms():
    rng = Random(1)
    words = [set(), set()]
    for family in FAMILIES.values():
        for _ in range(1500):
            for side, text in enumerate(family(rng)):
                words[side] |= set(text.rstrip(".?").replace(",", "").split())
    assert len(FAMILIES) >= 10
    assert len(words[0]) > 450
    assert len(words[1]) > 350


def test_every_sentence_is_cased_and_ends_in_a_mark():
    rng = Random(2)
    for family in FAMILIES.values():
        for german, english in (family(rng) for _ in range(50)):
            for text in (german, english):
                assert text[0].isupper()
                assert text[-1] in ".?"
                assert "  " not in text


# case, determiner word, German noun phrase, English noun phrase: endings that a grammar book gives
GOLDEN = [
    ("nominative", "definite", "m", False, "der alte Hund"),
    ("accusative", "definite", "m", False, "den alten Hund"),
    ("dative", "definite", "m", False, "dem alten Hund"),
    ("nominative", "indefinite", "m", False, "ein alter Hund"),
    ("accusative", "indefinite", "f", False, "eine alte Katze"),
    ("dative", "indefinite", "f", False, "einer alten Katze"),
    ("accusative", "indefinite", "n", False, "ein altes Pferd"),
    ("dative", "my", "n", False, "meinem alten Pferd"),
    ("nominative", "definite", "m", True, "die alten Hunde"),
    ("dative", "definite", "m", True, "den alten Hunden"),
    ("accusative", "indefinite", "f", True, "alte Katzen"),
    ("dative", "indefinite", "n", True, "alten Pferden"),
    ("nominative", "your", "m", True, "deine alten Hunde"),
]


class Scripted(Random):
    """A random source that gives what a test asks for."""

    def __init__(self, noun, plural, determiner):
        super().__init__(0)
        self.noun, self.plural, self.determiner = noun, plural, determiner
        self.shares = iter([0.0 if plural else 1.0, 0.0])

    def choice(self, options):
        if options is ADJECTIVES:
            return next(adjective for adjective in ADJECTIVES if adjective.german == "alt")
        return self.noun if self.noun in options else options[0]

    def choices(self, options, weights):
        return [self.determiner]

    def random(self):
        return next(self.shares)


@pytest.mark.parametrize(("case", "determiner", "gender", "plural", "german"), GOLDEN)
def test_noun_phrases_follow_the_grammar_book(case, determiner, gender, plural, german):
    word = {"m": "Hund", "f": "Katze", "n": "Pferd"}[gender]
    noun = next(noun for noun in NOUNS["animal"] if noun.german == word)
    assert noun_phrase(Scripted(noun, plural, determiner), case, ("animal",)).german == german


def test_english_articles():
    apple = next(noun for noun in NOUNS["food"] if noun.english == "apple")
    script = Scripted(apple, False, "indefinite")
    script.shares = iter([1.0, 1.0])  # singular, no adjective
    assert noun_phrase(script, "accusative", ("food",)).english == "an apple"


def test_an_exhausted_grammar_is_an_error_that_names_the_part():
    pool = POOL.model_copy(update={"num_pool": 3000})
    crowded = EMBEDDED.model_copy(update={"boilerplate_share": 1.0, "boilerplate_copies": 3000})
    with pytest.raises(ValueError, match=r"no new sentence for pair \d+ of 3000 of the pool part"):
        generate(pool, crowded)
