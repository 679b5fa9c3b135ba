"""Sanity counts of translations: empty, copied, in another language, too long, repetitive.

Scores miss these: COMET gives copied sources 65.7 on average from Chinese to English (COMET's issue 192).
"""

from collections import Counter
from collections.abc import Sequence

from gdig.config import LanguageId, Languages
from gdig.io.language import can_identify, wrong_language
from gdig.io.text import matching_key, word_ngrams

NGRAM = 3
"""Length of the n-grams that count as a repetition, in words (characters in scripts without spaces) ..."""
TIMES = 3
"""... if they occur this often."""
_SURE = LanguageId(min_characters=20, min_probability=0.9)


def sanity(
    sources: Sequence[str], hypotheses: Sequence[str], references: Sequence[str], languages: Languages
) -> dict[str, float]:
    """Return shares of hypotheses, 0 to 1, and the ratio of lengths.

    Args:
        sources: sources of the hypotheses; if unknown, an empty list, and `copied_share` is omitted.
        hypotheses: in the same order.
        references: in the same order.
        languages: `wrong_language_share` is omitted if one of the two cannot be identified.

    Returns:
        `empty_share`: only white space. `copied_share`: equals the source up to case, width and punctuation, and the
            reference does not. `wrong_language_share`: surely in another language; short ones pass.
            `repetitive_share`: some 3 words in a row occur 3 times, more often than in the reference.
            `length_ratio`: characters over those of the references.
    """
    count = len(hypotheses)
    found = {
        "empty_share": sum(not text.strip() for text in hypotheses) / count,
        "repetitive_share": sum(
            (most := _most_repeated(text)) >= TIMES and most > _most_repeated(reference)
            for text, reference in zip(hypotheses, references, strict=True)
        )
        / count,
        "length_ratio": sum(map(len, hypotheses)) / sum(map(len, references)),
    }
    if sources:
        found["copied_share"] = (
            sum(
                matching_key(source) == matching_key(text) != matching_key(reference)
                for source, text, reference in zip(sources, hypotheses, references, strict=True)
            )
            / count
        )
    if can_identify(languages):
        _, is_wrong = wrong_language(_SURE, languages)
        found["wrong_language_share"] = sum(map(is_wrong, hypotheses)) / count
    return found


def _most_repeated(text: str) -> int:
    return max(Counter(word_ngrams(text, NGRAM)).values(), default=0)
