"""PIR, the performance improvement ratio (equation 1 of arXiv 2406.14115): a model against that of the full pool.

With i over the n settings in which both were scored, X_i the score of the model trained on the selected pairs and Y_i
that of the model trained on all pairs, PIR = (1 / n) sum_i X_i / Y_i. The survey prints the sum from i = 0, which is
one term too many; here it has n. For test scores (a "bench") the ratio is as printed; for wins and losses the survey
gives no formula, and `Outcome.pir` is our own.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sacrebleu.metrics import CHRF

_METRICS = ("bleu", "chrf", "comet", "bleurt")
_MAY_BE_NEGATIVE = ("bleurt",)

Scores = Mapping[str, float]
"""Metric -> value; `bleu_news` is BLEU on one of several test sets."""


@dataclass(frozen=True)
class Outcome:
    """Sentences that one model translates better than another, worse, and equally well."""

    num_wins: int
    num_losses: int
    num_ties: int

    @property
    def pir(self) -> float:
        """1 + (wins - losses) / sentences: 0 where all are lost, 1 at parity, 2 where all are won."""
        return 1 + (self.num_wins - self.num_losses) / (self.num_wins + self.num_losses + self.num_ties)


def settings_of(scores: Sequence[Scores]) -> tuple[list[str], dict[str, str]]:
    """Return the settings for a mean of ratios; and the others, each with its reason.

    A setting is a metric on one test set; scores over several sets together are left out. Ratios need positive scores.
    All models share one list of settings, so that their means are comparable.

    Args:
        scores: scores of every compared model.
    """
    first = [key for key in scores[0] if key.partition("_")[0] in _METRICS]
    first = [key for key in first if "_" in key] or first
    left_out = {}
    for key in first:
        if key.partition("_")[0] in _MAY_BE_NEGATIVE:
            left_out[key] = "it can be negative"
        elif any(own[key] <= 0 for own in scores):
            left_out[key] = f"a model has {min(own[key] for own in scores):.4g}"
    return [key for key in first if key not in left_out], left_out


def ratios(model: Scores, counterpart: Scores, settings: Iterable[str]) -> dict[str, float]:
    """Return X_i / Y_i of each setting.

    Args:
        model: scores of the model trained on the selected pairs.
        counterpart: scores of the model trained on all pairs.
        settings: as `settings_of` returns them.
    """
    return {key: model[key] / counterpart[key] for key in settings}


def bench(model: Scores, counterpart: Scores, settings: Sequence[str]) -> float | None:
    """Return PIR over settings (equation 1); None where there are none."""
    return statistics.fmean(ratios(model, counterpart, settings).values()) if settings else None


def outcome(ours: Mapping[str, float], theirs: Mapping[str, float], margin: float) -> Outcome:
    """Count the sentences that are won, lost and tied.

    Args:
        ours: score of each sentence, by id.
        theirs: the same for the other model.
        margin: largest difference that counts as a tie.

    Raises:
        ValueError: the two have different sentences; names one.
    """
    if strays := ours.keys() ^ theirs.keys():
        raise ValueError(f"{len(ours)} and {len(theirs)} sentences are compared; {min(strays)!r} is of one side only")
    differences = [ours[i] - theirs[i] for i in ours]
    wins = sum(difference > margin for difference in differences)
    losses = sum(difference < -margin for difference in differences)
    return Outcome(wins, losses, len(differences) - wins - losses)


def sentence_chrf(hypotheses: Mapping[str, str], references: Mapping[str, str]) -> dict[str, float]:
    """Return sacreBLEU's chrF of each sentence, 0 to 100, by id."""
    metric = CHRF()
    return {i: metric.sentence_score(text, [references[i]]).score for i, text in hypotheses.items()}
