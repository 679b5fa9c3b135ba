"""Sentence families: each generates one German sentence with its English translation.

Together they cover what makes German to English more than word substitution: case and agreement, verb-second order,
clause-final participles and infinitives, verb-final clauses, do-support, tense determined by time adverbs.
"""

from collections.abc import Callable
from random import Random

from gdig.ingest.grammar.lexicon import (
    ADJECTIVES,
    BELIEFS,
    DITRANSITIVE,
    INTRANSITIVE,
    MODALS,
    PAST_TIMES,
    PREPOSITIONS,
    PRESENT_TIMES,
    TRANSITIVE,
    Verb,
)
from gdig.ingest.grammar.phrases import NounPhrase, noun_phrase

Sentence = tuple[str, str]
Family = Callable[[Random], Sentence]


def _subject(rng: Random) -> NounPhrase:
    return noun_phrase(rng, "nominative", ("person", "person", "animal"))


def _human(rng: Random) -> NounPhrase:
    return noun_phrase(rng, "nominative", ("person",))


def _object(rng: Random, verb: Verb) -> NounPhrase:
    return noun_phrase(rng, "accusative", verb.objects)


def _place(rng: Random) -> Sentence:
    place = noun_phrase(rng, "dative", ("place",), adjective_rate=0.2, plural_rate=0.1)
    german, english = rng.choice(PREPOSITIONS)
    return f"{german} {place.german}", f"{english} {place.english}"


def _german_finite(verb: Verb, plural: bool) -> str:
    return verb.infinitive if plural else verb.german_3sg


def _english_finite(verb: Verb, plural: bool) -> str:
    return verb.english if plural else verb.english_3sg


def _haben(plural: bool) -> tuple[str, str]:
    return ("haben", "have") if plural else ("hat", "has")


def _sein(plural: bool) -> tuple[str, str]:
    return ("sind", "are") if plural else ("ist", "is")


def _sentence(german: str, english: str, mark: str = ".") -> Sentence:
    return german[0].upper() + german[1:] + mark, english[0].upper() + english[1:] + mark


def statement(rng: Random) -> Sentence:
    """Der Mann sieht den Hund."""
    verb = rng.choice(TRANSITIVE)
    who, what = _subject(rng), _object(rng, verb)
    return _sentence(
        f"{who.german} {_german_finite(verb, who.plural)} {what.german}",
        f"{who.english} {_english_finite(verb, who.plural)} {what.english}",
    )


def location(rng: Random) -> Sentence:
    """Die Frau wartet vor dem Bahnhof."""
    verb = rng.choice(INTRANSITIVE)
    who, (german_place, english_place) = _subject(rng), _place(rng)
    return _sentence(
        f"{who.german} {_german_finite(verb, who.plural)} {german_place}",
        f"{who.english} {_english_finite(verb, who.plural)} {english_place}",
    )


def predicative(rng: Random) -> Sentence:
    """Die Suppe ist sehr heiß."""
    what = noun_phrase(rng, "nominative", ("thing", "food", "place", "animal", "person"))
    adjective = rng.choice(ADJECTIVES)
    german_degree, english_degree = rng.choice((("", ""), ("sehr ", "very "), ("zu ", "too "), ("nicht ", "not ")))
    german, english = _sein(what.plural)
    return _sentence(
        f"{what.german} {german} {german_degree}{adjective.german}",
        f"{what.english} {english} {english_degree}{adjective.english}",
    )


def perfect(rng: Random) -> Sentence:
    """Das Kind hat den Brief gelesen."""
    verb = rng.choice(TRANSITIVE)
    who, what = _subject(rng), _object(rng, verb)
    german, english = _haben(who.plural)
    return _sentence(
        f"{who.german} {german} {what.german} {verb.participle}",
        f"{who.english} {english} {verb.english_participle} {what.english}",
    )


def time_inversion(rng: Random) -> Sentence:
    """Heute kauft der Koch einen Fisch."""
    verb = rng.choice(TRANSITIVE)
    who, what = _subject(rng), _object(rng, verb)
    german_time, english_time = rng.choice(PRESENT_TIMES)
    return _sentence(
        f"{german_time} {_german_finite(verb, who.plural)} {who.german} {what.german}",
        f"{english_time} {who.english} {_english_finite(verb, who.plural)} {what.english}",
    )


def modal(rng: Random) -> Sentence:
    """Die Tochter will das Fenster öffnen."""
    verb = rng.choice(TRANSITIVE)
    who, what = _human(rng), _object(rng, verb)
    german_sg, german_pl, english_sg, english_pl = rng.choice(MODALS)
    german, english = (german_pl, english_pl) if who.plural else (german_sg, english_sg)
    return _sentence(
        f"{who.german} {german} {what.german} {verb.infinitive}",
        f"{who.english} {english} {verb.english} {what.english}",
    )


def question(rng: Random) -> Sentence:
    """Sucht der Gast den Schlüssel? In English with do-support."""
    verb = rng.choice(TRANSITIVE)
    who, what = _subject(rng), _object(rng, verb)
    return _sentence(
        f"{_german_finite(verb, who.plural)} {who.german} {what.german}",
        f"{'do' if who.plural else 'does'} {who.english} {verb.english} {what.english}",
        "?",
    )


def negation(rng: Random) -> Sentence:
    """Der Bruder kennt die Stadt nicht."""
    verb = rng.choice(TRANSITIVE)
    who, what = _subject(rng), _object(rng, verb)
    return _sentence(
        f"{who.german} {_german_finite(verb, who.plural)} {what.german} nicht",
        f"{who.english} {'do' if who.plural else 'does'} not {verb.english} {what.english}",
    )


def past(rng: Random) -> Sentence:
    """Gestern hat die Tante ein Gedicht geschrieben."""
    verb = rng.choice(TRANSITIVE)
    who, what = _subject(rng), _object(rng, verb)
    german_time, english_time = rng.choice(PAST_TIMES)
    return _sentence(
        f"{german_time} {_haben(who.plural)[0]} {who.german} {what.german} {verb.participle}",
        f"{english_time} {who.english} {verb.english_past} {what.english}",
    )


def dative(rng: Random) -> Sentence:
    """Der Vater gibt dem Kind einen Apfel."""
    verb = rng.choice(DITRANSITIVE)
    who, what = _human(rng), _object(rng, verb)
    whom = noun_phrase(rng, "dative", ("person",))
    return _sentence(
        f"{who.german} {_german_finite(verb, who.plural)} {whom.german} {what.german}",
        f"{who.english} {_english_finite(verb, who.plural)} {whom.english} {what.english}",
    )


def coordination(rng: Random) -> Sentence:
    """Der Hund schläft und die Katze spielt im Garten."""
    first, second = rng.choice(INTRANSITIVE), rng.choice(TRANSITIVE)
    who, other = _subject(rng), _subject(rng)
    what = _object(rng, second)
    german, english = rng.choice((("und", "and"), ("aber", "but")))
    comma = "," if german == "aber" else ""
    return _sentence(
        f"{who.german} {_german_finite(first, who.plural)}{comma} {german} "
        f"{other.german} {_german_finite(second, other.plural)} {what.german}",
        f"{who.english} {_english_finite(first, who.plural)}{comma} {english} "
        f"{other.english} {_english_finite(second, other.plural)} {what.english}",
    )


def subordinate(rng: Random) -> Sentence:
    """Die Ärztin glaubt, dass der Mann die Tasche sucht."""
    verb = rng.choice(TRANSITIVE)
    thinker, who, what = _human(rng), _subject(rng), _object(rng, verb)
    german_sg, german_pl, english_sg, english_pl = rng.choice(BELIEFS)
    german, english = (german_pl, english_pl) if thinker.plural else (german_sg, english_sg)
    return _sentence(
        f"{thinker.german} {german}, dass {who.german} {what.german} {_german_finite(verb, who.plural)}",
        f"{thinker.english} {english} that {who.english} {_english_finite(verb, who.plural)} {what.english}",
    )


def reason(rng: Random) -> Sentence:
    """Das Mädchen lacht, weil der Hund den Kuchen isst."""
    first, verb = rng.choice(INTRANSITIVE), rng.choice(TRANSITIVE)
    who, other, what = _subject(rng), _subject(rng), _object(rng, verb)
    return _sentence(
        f"{who.german} {_german_finite(first, who.plural)}, weil {other.german} {what.german} "
        f"{_german_finite(verb, other.plural)}",
        f"{who.english} {_english_finite(first, who.plural)} because {other.english} "
        f"{_english_finite(verb, other.plural)} {what.english}",
    )


def relative(rng: Random) -> Sentence:
    """Der Koch, der die Suppe kocht, ist müde."""
    verb = rng.choice(TRANSITIVE)
    who, what = _human(rng), _object(rng, verb)
    adjective = rng.choice(ADJECTIVES)
    german, english = _sein(who.plural)
    return _sentence(
        f"{who.german}, {who.relative} {what.german} {_german_finite(verb, who.plural)}, {german} {adjective.german}",
        f"{who.english} who {_english_finite(verb, who.plural)} {what.english} {english} {adjective.english}",
    )


# From the most frequent family of a pool to the rarest.
FAMILIES: dict[str, Family] = {
    family.__name__: family
    for family in (
        statement, predicative, location, perfect, time_inversion, negation, modal,
        past, coordination, question, dative, subordinate, reason, relative,
    )
}  # fmt: skip
