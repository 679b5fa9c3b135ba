"""All scores and sanity counts of translations of one split, for trained models and external systems alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gdig.config import Languages, Score
from gdig.io.records import Pair
from gdig.scoring.learned import learned_scores
from gdig.scoring.sanity import sanity
from gdig.scoring.surface import mean_sets, score_sets, signatures


@dataclass(frozen=True)
class Evaluation:
    """Scores, counts and signatures."""

    scores: Mapping[str, Mapping[str, float]]
    """Name of the translations -> metric, `<metric>_<set>` or count -> value."""
    segments: Mapping[str, Mapping[str, Mapping[str, float]]]
    """Learned metric -> name -> id -> score."""
    signatures: Mapping[str, str]
    """Metric -> version and settings."""


def evaluate(
    pairs: Sequence[Pair],
    translations: Mapping[str, Mapping[str, str]],
    languages: Languages,
    settings: Score,
    *,
    each: bool = True,
) -> Evaluation:
    """Score translations of one split.

    Args:
        pairs: sources and references of the split.
        translations: name -> id -> text, of the whole split or of some of its test sets.
        languages: languages of the two sides.
        settings: metrics besides BLEU and chrF.
        each: whether each test set is also scored separately.

    Raises:
        ValueError: as `learned_scores`.
    """
    learned = learned_scores(settings, pairs, translations)
    references = {pair.id: pair.trg for pair in pairs}
    scores = {}
    for name, texts in translations.items():
        own = [pair for pair in pairs if pair.id in texts]
        hypotheses = [texts[pair.id] for pair in own]
        scores[name] = (
            score_sets(texts, references, languages.target, each=each)
            | {
                key: value
                for metric, segments in learned.segments.items()
                for key, value in mean_sets(metric, segments[name], references, each=each).items()
            }
            | sanity([pair.src for pair in own], hypotheses, [pair.trg for pair in own], languages)
        )
    # Signatures depend only on the number of references, so any references will do.
    one = list(references.values())[:1]
    told = signatures(one, one, languages.target)
    return Evaluation(scores, learned.segments, told | dict(learned.signatures))
