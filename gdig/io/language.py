"""Language identification by py3langid: offline, and reliable only for whole sentences."""

from collections.abc import Callable
from copy import copy
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from gdig.config import LanguageId, Languages

COMMON = frozenset({
    "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja",
    "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "uk", "vi", "zh",
})  # fmt: skip
"""Likely languages of crawled text. The model's other languages are mostly false positives."""
_ALIKE = ({"no", "nb", "nn", "da"}, {"hr", "sr", "bs", "sl"}, {"id", "ms", "jv"}, {"cs", "sk"})
"""Groups of languages that the model confuses too often to reject a text."""


def wrong_language(settings: LanguageId, languages: Languages) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """Return two predicates: whether a source, and a target, is surely in another language.

    Raises:
        ValueError: the model does not support one of the two languages.
    """
    classify = _identifier(languages)

    def is_wrong(text: str, expected: str) -> bool:
        if len(text) < settings.min_characters:
            return False
        language, probability = classify(text)
        return language != expected and probability >= settings.min_probability

    return lambda text: is_wrong(text, languages.source), lambda text: is_wrong(text, languages.target)


def can_identify(languages: Languages) -> bool:
    """Return whether the model supports both languages."""
    return {languages.source, languages.target} <= set(_model().nb_classes)


@cache
def _model() -> LanguageIdentifier:
    return LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)


@cache
def _identifier(languages: Languages) -> Callable[[str], tuple[str, float]]:
    # A separate copy, since its set of languages is changed below.
    identifier = copy(_model())
    own = {languages.source, languages.target}
    for side, code in (("source", languages.source), ("target", languages.target)):
        if code not in identifier.nb_classes:
            raise ValueError(
                f"prepare.language_id: languages.{side} = {code!r} is not a language that can be identified; known are "
                f"{' '.join(sorted(identifier.nb_classes))}. Set prepare.language_id to null"
            )
    alike = {code for group in _ALIKE if group & own for code in group}
    identifier.set_languages(sorted((COMMON - alike) | own))
    return identifier.classify  # type: ignore[no-any-return]
