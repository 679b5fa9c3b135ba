"""Near duplicates: pairs that share most of their 5-character shingles, such as lines of one template.

Each MinHash signature is computed once, in any process; there is one index, in memory.
"""

from functools import cache
from typing import Any
from zlib import crc32

from datasketch import LeanMinHash, MinHash, MinHashLSH

from gdig.config import NearDuplicates
from gdig.io.records import Pair
from gdig.io.text import matching_key

SHINGLE = 5
"""Characters of the matching key, so that case, width, punctuation and spaces do not count."""

MIN_RECALL = 0.9
"""Probability of finding a pair at the similarity threshold; more similar pairs are found with higher probability."""


def signature(pair: Pair, settings: NearDuplicates) -> LeanMinHash:
    """Return the MinHash signature of both sides together: 4 bytes per permutation."""
    text = f"{matching_key(pair.src)} {matching_key(pair.trg)}"
    minhash = _empty(settings).copy()
    minhash.update_batch({text[start : start + SHINGLE] for start in range(max(1, len(text) - SHINGLE + 1))})
    return LeanMinHash(minhash)


@cache
def _empty(settings: NearDuplicates) -> MinHash:
    return MinHash(settings.num_permutations, settings.seed, hashfunc=lambda shingle: crc32(shingle.encode()))


class Index:
    """LSH index of the signatures of the pairs kept so far."""

    def __init__(self, settings: NearDuplicates) -> None:
        self._min_similarity = settings.min_similarity
        bands = _bands(settings)
        self._lsh = MinHashLSH(num_perm=settings.num_permutations, params=bands)
        self._ids: list[str] = []
        self._signatures: list[Any] = []

    def find(self, wanted: LeanMinHash) -> str | None:
        """Return the id of the most similar pair whose estimated Jaccard similarity reaches the threshold, or None."""
        found = [(wanted.jaccard(self._signatures[place]), -place) for place in self._lsh.query(wanted)]
        similarity, place = max(found, default=(0.0, 0))
        return self._ids[-place] if found and similarity >= self._min_similarity else None

    def add(self, pair_id: str, kept: LeanMinHash) -> None:
        """Add a kept pair."""
        self._lsh.insert(len(self._ids), kept, check_duplication=False)
        self._ids.append(pair_id)
        self._signatures.append(kept)


def _bands(settings: NearDuplicates) -> tuple[int, int]:
    """Return number and length of the LSH bands: the longest bands that reach `RECALL` at the similarity threshold.

    False positives are compared again; false negatives are lost.
    """

    def recall(length: int) -> float:
        return 1 - (1 - settings.min_similarity**length) ** (settings.num_permutations // length)

    length = max((r for r in range(1, settings.num_permutations // 2 + 1) if recall(r) >= MIN_RECALL), default=1)
    return settings.num_permutations // length, length
