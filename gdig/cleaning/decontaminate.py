"""Keep text of one part out of another, ignoring case, width and punctuation but not numbers and symbols.

Two texts match if their matching keys (`gdig.io.text`) are equal; only digests of the keys are kept. The stricter
n-gram rule compares the words themselves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from gdig.io.records import Pair
from gdig.io.text import matching_key, word_ngrams

DIGEST_SIZE = 8
"""Bytes; among 4 million different sides, the chance of any collision is one in two million."""

Match = tuple[str, str]
"""Part and id of the pair that contains a text."""
Ngrams = Mapping[int, Mapping[str, Match]]
"""For each n, the forbidden word n-grams and the first pair that contains each."""


def key_digests(pair: Pair) -> bytes:
    """Return the concatenated digests of the matching keys of source and target."""
    return b"".join(
        blake2b(matching_key(side).encode(), digest_size=DIGEST_SIZE).digest() for side in (pair.src, pair.trg)
    )


def sides(digests: bytes) -> tuple[bytes, bytes]:
    """Return the digests of source and target."""
    return digests[:DIGEST_SIZE], digests[DIGEST_SIZE:]


@dataclass
class Forbidden:
    """Texts of earlier parts that must not occur on either side of a later part."""

    ids: dict[str, dict[bytes, str]] = field(default_factory=dict)
    """For each part, a map from the digest of each side's matching key to the id of a pair that has it."""
    ngrams: dict[int, dict[str, Match]] = field(default_factory=dict)
    """See `Ngrams`."""

    def find(self, digests: bytes) -> Match | None:
        """Return the pair that contains one of the two sides (see `key_digests`), or None."""
        source, target = sides(digests)
        for part, ids in self.ids.items():
            if found := ids.get(source) or ids.get(target):
                return part, found
        return None

    def add_ngrams(self, part: str, pairs: Iterable[Pair], sizes: Iterable[int]) -> None:
        """Forbid the n-grams of both sides of every pair, for each n in `sizes`."""
        sizes = list(sizes)
        for pair in pairs:
            for n in sizes:
                known = self.ngrams.setdefault(n, {})
                for side in (pair.src, pair.trg):
                    for ngram in word_ngrams(side, n):
                        known.setdefault(ngram, (part, pair.id))


def find_ngram(pair: Pair, n: int, ngrams: Ngrams) -> Match | None:
    """Return the pair that shares an n-gram with one of the sides, or None."""
    known = ngrams.get(n, {})
    if not known:
        return None
    return next((known[g] for side in (pair.src, pair.trg) for g in word_ngrams(side, n) if g in known), None)
