"""Keep text of one part out of another, whatever its case, width and punctuation.

Two texts are the same if their matching keys are; only digests of the keys are kept. The stricter rule, n words in a
row, compares the words themselves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from gdig.io.records import Pair
from gdig.io.text import matching_key, word_ngrams

DIGEST_SIZE = 8
"""Bytes: of 4 million sides, two different ones share a digest with a chance of one in two million."""

Match = tuple[str, str]
"""Part and id of the pair that a text was found in."""
Ngrams = Mapping[int, Mapping[str, Match]]
"""For each n in use, the n-grams of words that must not occur, and where each was first seen."""


def key_digests(pair: Pair) -> bytes:
    """Return the digests of the matching keys of source and target, one behind the other."""
    return b"".join(
        blake2b(matching_key(side).encode(), digest_size=DIGEST_SIZE).digest() for side in (pair.src, pair.trg)
    )


def sides(digests: bytes) -> tuple[bytes, bytes]:
    """Return the digest of the source and that of the target."""
    return digests[:DIGEST_SIZE], digests[DIGEST_SIZE:]


@dataclass
class Forbidden:
    """Texts of earlier parts, which must not occur on either side of a later one."""

    ids: dict[str, dict[bytes, str]] = field(default_factory=dict)
    """For each part, the digests of matching keys, of both sides, and the id of a pair that has it."""
    ngrams: dict[int, dict[str, Match]] = field(default_factory=dict)
    """See `Ngrams`."""

    def find(self, digests: bytes) -> Match | None:
        """Return where one of the two sides (see `key_digests`) occurs, if it does."""
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
    """Return where an n-gram of one of the sides occurs, if one does."""
    known = ngrams.get(n, {})
    if not known:
        return None
    return next((known[g] for side in (pair.src, pair.trg) for g in word_ngrams(side, n) if g in known), None)
