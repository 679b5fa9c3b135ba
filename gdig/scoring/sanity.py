"""What a score does not show of a translation: empty, copied, in another language, too long, going round in circles.

A copied source can score well: COMET gives it 65.7 on average from Chinese to English (COMET's issue 192).
"""

from collections import Counter
from collections.abc import Sequence

from gdig.cleaning.language import can_identify, wrong_language
from gdig.config import LanguageId, Languages
from gdig.io.text import matching_key, word_ngrams

NGRAM = 3
"""Words in a row (characters, in scripts without spaces) that count as a repetition ..."""
TIMES = 3
"""... when they occur so often."""
_SURE = LanguageId(min_characters=20, min_probability=0.9)


def sanity(
    sources: Sequence[str], hypotheses: Sequence[str], references: Sequence[str], languages: Languages
) -> dict[str, float]:
    """Return shares of hypotheses, 0 to 1, and the ratio of lengths.

    Args:
        sources: of the hypotheses; where they are not known, an empty list, and `copied_share` is left out.
        hypotheses: in the same order.
        references: likewise.
        languages: `wrong_language_share` is left out where one of the two cannot be identified.

    Returns:
        `empty_share`: nothing to read. `copied_share`: the source, but for case, width and punctuation, where the
            reference is not. `wrong_language_share`: surely in another language; short ones pass.
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
