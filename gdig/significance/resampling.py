"""Paired bootstrap over segments, in the draws of sacreBLEU: of its metrics, and of the means of segment scores.

sacreBLEU's own test draws the same resamples for every system from one seed. Here the scores on those resamples are
kept, so that each translation is resampled once, whatever it is compared with, and differences can be averaged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdig.io.statistics import percentile_interval
from gdig.scoring.surface import by_test_set, sacrebleu_metrics

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Resampled:
    """A corpus score (0 to 100, or a mean of segment scores) and what it is on each resample of the segments."""

    score: float
    samples: Floats
    """(num_samples,)"""


class Resampler:
    """Scores translations of one split on the same resamples of its segments."""

    def __init__(
        self,
        references: Mapping[str, str],
        target_language: str,
        num_samples: int,
        seed: int,
        *,
        each: bool = True,
    ) -> None:
        """Draw the resamples.

        Args:
            references: by id, in the order that the seed's draws are of.
            target_language: as in `gdig.scoring.score`.
            num_samples: resamples.
            seed: of NumPy's generator; sacreBLEU's command line draws the same from it (SACREBLEU_SEED).
            each: whether each of several test sets is also resampled alone.
        """
        self._ids = list(references)
        self._metrics = sacrebleu_metrics(target_language)
        # Parsed once, for all translations.
        texts = [list(references.values())]
        self._references = {name: metric._cache_references(texts) for name, metric in self._metrics.items()}
        rows = {pair_id: row for row, pair_id in enumerate(self._ids)}
        self._sets = {
            suffix: ([rows[i] for i in ids], draw(len(ids), num_samples, seed))
            for suffix, ids in by_test_set(self._ids, each=each).items()
        }

    def __call__(
        self, hypotheses: Mapping[str, str], segments: Mapping[str, Mapping[str, float]]
    ) -> dict[str, Resampled]:
        """Return the score by metric, and by `<metric>_<set>` where there are several test sets.

        Args:
            hypotheses: by id, for sacreBLEU's metrics.
            segments: metric -> id -> score of the segment, for metrics that are means of those.

        Raises:
            ValueError: `hypotheses` or `segments` are not of the references' ids.
        """
        for what, found in {"hypotheses": hypotheses, **{f"{m} scores": own for m, own in segments.items()}}.items():
            if found.keys() != set(self._ids):
                missing = sorted(set(self._ids) ^ found.keys())[0]
                raise ValueError(f"{len(found)} {what} for {len(self._ids)} references; {missing!r} has not both")
        texts = [hypotheses[i] for i in self._ids]
        result = {}
        for name, metric in self._metrics.items():
            metric._ref_cache = self._references[name]
            statistics = np.array(metric._extract_corpus_statistics(texts, None), dtype=np.float64)
            for suffix, (rows, counts) in self._sets.items():
                result[name + suffix] = resampled(metric, statistics[rows], counts)
        for name, own in segments.items():
            values = np.array([own[i] for i in self._ids], dtype=np.float64)
            for suffix, (rows, counts) in self._sets.items():
                result[name + suffix] = Resampled(float(values[rows].mean()), counts @ values[rows] / len(rows))
        return result


def draw(num_segments: int, num_samples: int, seed: int) -> Floats:
    """Return how often each segment is in each resample, (num_samples, num_segments)."""
    drawn = np.random.default_rng(seed).choice(num_segments, size=(num_samples, num_segments), replace=True)
    flat = drawn + num_segments * np.arange(num_samples)[:, None]
    counts = np.bincount(flat.ravel(), minlength=num_samples * num_segments)
    return counts.reshape(num_samples, num_segments).astype(np.float64)


def sacrebleu_p_value(system: Resampled, baseline: Resampled) -> float:
    """Return the p value that sacreBLEU prints for a pair of translations.

    It counts the resamples on which the difference, without its sign, exceeds its mean by more than the difference
    found; about half of a two-sided p value where the difference is large. Two equal translations get the least.
    """
    differences = np.abs(system.samples - baseline.samples)
    beyond = np.sum(differences - differences.mean() > abs(system.score - baseline.score))
    return float((beyond + 1) / (len(differences) + 1))


def mean_difference(pairs: Sequence[tuple[Resampled, Resampled]]) -> Resampled:
    """Return system - baseline, the mean over pairs of one training seed each, found and on each resample."""
    return Resampled(
        float(np.mean([system.score - baseline.score for system, baseline in pairs])),
        np.mean([system.samples - baseline.samples for system, baseline in pairs], axis=0),
    )


def two_sided_p_value(difference: Resampled) -> float:
    """Return the share of resamples, moved to a mean of zero, that are as far from it as the difference found is.

    The difference found is counted as one of them, so that no p value is zero.
    """
    moved = difference.samples - difference.samples.mean()
    # A tie must count on every machine, whatever the order in which it sums.
    beyond = np.sum(np.abs(moved) >= abs(difference.score) - 1e-9)
    return float((beyond + 1) / (len(moved) + 1))


def interval(samples: Floats, confidence: float) -> dict[str, float]:
    """Return the percentile interval of resampled values as `low` and `high`."""
    low, high = percentile_interval(samples, confidence)
    return {"low": low, "high": high}


def resampled(metric: Any, statistics: Floats, counts: Floats) -> Resampled:
    """Return the score of one of sacreBLEU's metrics, and what it is on resamples of the segments.

    Args:
        metric: the metric.
        statistics: its counts by segment (S x C).
        counts: how often each segment is in each resample, see `draw`.
    """
    # Whole numbers, as Python's own: NumPy 2 would go on in the single precision that sacreBLEU sums in.
    sums = (counts @ statistics).tolist()
    return Resampled(
        float(metric._compute_score_from_stats(statistics.sum(axis=0).tolist()).score),
        np.array([metric._compute_score_from_stats(row).score for row in sums], dtype=np.float64),
    )
