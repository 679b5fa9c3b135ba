"""Noun phrases with German case, gender, number and adjective endings, and their English counterparts."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from gdig.ingest.grammar.lexicon import ADJECTIVES, NOUNS, Noun

Case = Literal["nominative", "accusative", "dative"]
Determiner = Literal["definite", "indefinite", "my", "your"]

_DEFINITE = {
    "nominative": {"m": "der", "f": "die", "n": "das", "pl": "die"},
    "accusative": {"m": "den", "f": "die", "n": "das", "pl": "die"},
    "dative": {"m": "dem", "f": "der", "n": "dem", "pl": "den"},
}
_EIN_ENDING = {
    "nominative": {"m": "", "f": "e", "n": "", "pl": "e"},
    "accusative": {"m": "en", "f": "e", "n": "", "pl": "e"},
    "dative": {"m": "em", "f": "er", "n": "em", "pl": "en"},
}
_WEAK = {
    "nominative": {"m": "e", "f": "e", "n": "e", "pl": "en"},
    "accusative": {"m": "en", "f": "e", "n": "e", "pl": "en"},
    "dative": {"m": "en", "f": "en", "n": "en", "pl": "en"},
}
_MIXED = {
    "nominative": {"m": "er", "f": "e", "n": "es", "pl": "en"},
    "accusative": {"m": "en", "f": "e", "n": "es", "pl": "en"},
    "dative": {"m": "en", "f": "en", "n": "en", "pl": "en"},
}
_STRONG_PLURAL = {"nominative": "e", "accusative": "e", "dative": "en"}
_EIN_STEM = {"indefinite": "ein", "my": "mein", "your": "dein"}
_RELATIVE = {"m": "der", "f": "die", "n": "das", "pl": "die"}


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A noun phrase in one German case, and in English."""

    german: str
    english: str
    plural: bool
    relative: str
    """Nominative relative pronoun that refers to it."""


def noun_phrase(
    rng: Random,
    case: Case,
    classes: tuple[str, ...],
    *,
    adjective_rate: float = 0.4,
    plural_rate: float = 0.25,
) -> NounPhrase:
    """Draw a noun phrase whose noun belongs to one of `classes`."""
    noun = rng.choice(NOUNS[rng.choice(classes)])
    plural = rng.random() < plural_rate
    determiner: Determiner = rng.choices(("definite", "indefinite", "my", "your"), (55, 25, 12, 8))[0]
    adjective = rng.choice(ADJECTIVES) if rng.random() < adjective_rate else None

    number = "pl" if plural else noun.gender
    if determiner == "definite":
        article, ending = _DEFINITE[case][number], _WEAK[case][number]
    elif determiner == "indefinite" and plural:
        article, ending = "", _STRONG_PLURAL[case]
    else:
        article, ending = _EIN_STEM[determiner] + _EIN_ENDING[case][number], _MIXED[case][number]

    noun_english = noun.english_plural if plural else noun.english
    german = _join(article, adjective.stem + ending if adjective else "", _german_noun(noun, case, plural))
    words = _join(adjective.english if adjective else "", noun_english)
    english = _join(_english_determiner(determiner, plural, words), words)
    return NounPhrase(german, english, plural, _RELATIVE[number])


def _join(*words: str) -> str:
    return " ".join(word for word in words if word)


def _german_noun(noun: Noun, case: Case, plural: bool) -> str:
    if not plural:
        return noun.german
    if case == "dative" and not noun.german_plural.endswith(("n", "s")):
        return noun.german_plural + "n"
    return noun.german_plural


def _english_determiner(determiner: Determiner, plural: bool, following: str) -> str:
    if determiner == "definite":
        return "the"
    if determiner == "indefinite":
        return "" if plural else "an" if following[0] in "aeiou" else "a"
    return determiner
