"""Rejected pairs: counts and samples per corpus and rule."""

from bisect import insort
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gdig.cleaning.decontaminate import Match
from gdig.io.records import parse_pair

NUM_SAMPLES = 20
CONTAMINATION = ("contaminated", "contaminated_ngram")
"""Rules that reject a row for a text of an earlier part."""

Sample = tuple[bytes, bytes, Match | None]
"""Seeded sort key of the id, the line as read, and the matching pair if that is why it was rejected."""


@dataclass
class Tally:
    """Counts and samples of one corpus."""

    kept: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    """Per rule, the first rows of a seeded order: a uniform sample that does not depend on the row order."""
    matched: dict[str, Counter[str]] = field(default_factory=dict)
    """Per rule of contamination, rejected rows by the earlier part that has their text."""

    @property
    def seen(self) -> int:
        """Rows read."""
        return self.kept + self.rejected.total()


@dataclass
class Rejects:
    """Counts and samples of one part, by corpus."""

    num_samples: int | None
    """Samples to keep per rule and corpus; None: all."""
    corpora: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))

    def keep(self, corpus: str) -> None:
        """Count a row that passes every rule."""
        self.corpora[corpus].kept += 1

    def reject(self, corpus: str, rule: str, sample: Sample) -> None:
        """Count a rejected row, and keep it if it belongs to the sample."""
        tally = self.corpora[corpus]
        tally.rejected[rule] += 1
        if rule in CONTAMINATION and (match := sample[2]):
            tally.matched.setdefault(rule, Counter())[match[0]] += 1
        samples = tally.samples.setdefault(rule, [])
        if self.num_samples is not None and len(samples) >= self.num_samples:
            if samples[-1][0] <= sample[0]:
                return
            samples.pop()
        insort(samples, sample, key=lambda s: s[0])

    @property
    def seen(self) -> int:
        """Rows read."""
        return sum(tally.seen for tally in self.corpora.values())

    @property
    def kept(self) -> int:
        """Rows that pass every rule."""
        return sum(tally.kept for tally in self.corpora.values())

    @property
    def counts(self) -> dict[str, int]:
        """Number of rejected rows per rule."""
        return dict(sum((tally.rejected for tally in self.corpora.values()), Counter[str]()))

    @property
    def matched(self) -> dict[str, int]:
        """Number of rows rejected for a text of an earlier part, by that part."""
        parts = (counts for tally in self.corpora.values() for counts in tally.matched.values())
        return dict(sum(parts, Counter[str]()))

    def summary(self) -> dict[str, Any]:
        """Return counts and samples as JSON; sides are as read, not normalised.

        `matched` is left out of a corpus of which no row has a text of an earlier part.
        """
        return {
            corpus: {
                "seen": tally.seen,
                "kept": tally.kept,
                "rejected": dict(tally.rejected),
                **({"matched": {rule: dict(parts) for rule, parts in tally.matched.items()}} if tally.matched else {}),
                "samples": {rule: [_sample_json(sample) for sample in kept] for rule, kept in tally.samples.items()},
            }
            for corpus, tally in self.corpora.items()
        }


def _sample_json(sample: Sample) -> dict[str, Any]:
    _, line, match = sample
    pair = parse_pair(Path(), 0, line)
    told: dict[str, Any] = {"id": pair.id, "src": pair.src, "trg": pair.trg}
    if match:
        told["matches"] = {"part": match[0], "id": match[1]}
    return told
