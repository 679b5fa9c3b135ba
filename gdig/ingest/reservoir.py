"""A seeded uniform sample of a stream in one pass, with the memory of the sample; never a prefix of it.

The sample are the rows whose `shuffle_key` is least. It depends on a row's number alone, so a larger sample holds the
smaller one, and the same rows come whatever else is read.
"""

from bisect import insort
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from gdig.ingest.readers.rows import Malformed, Row
from gdig.io.records import Pair

KEY, NUMBER = 16, 8
"""Bytes of a key and of a row's number."""
NUM_SAMPLES = 20
"""Rejects shown of each reason."""

Keyed = tuple[bytes, Pair]
"""A pair with its place in the seeded order."""


@dataclass
class Rejects:
    """Rows that were malformed: how many for each reason, and a seeded sample of each."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[tuple[bytes, str, str]]] = field(default_factory=dict)

    def add(self, reason: str, key: bytes, row_id: str, text: str) -> None:
        """Count a row; keep it where its key is among the least."""
        self.counts[reason] += 1
        kept = self.samples.setdefault(reason, [])
        if len(kept) < NUM_SAMPLES or key < kept[-1][0]:
            insort(kept, (key, row_id, text))
            del kept[NUM_SAMPLES:]

    def __str__(self) -> str:
        return ", ".join(f"{count} {reason}" for reason, count in self.counts.most_common()) or "none"


@dataclass
class Sample:
    """Rows drawn from one source."""

    pairs: list[Keyed]
    seen: int
    rejects: Rejects

    @property
    def good(self) -> int:
        """Rows that were not malformed."""
        return self.seen - self.rejects.counts.total()

    def summary(self) -> dict[str, Any]:
        """Return counts and sampled rejects as JSON."""
        return {
            "rows": {"seen": self.seen, "good": self.good, "rejected": dict(self.rejects.counts)},
            "rejects": {
                reason: [{"id": row_id, "text": text} for _, row_id, text in kept]
                for reason, kept in self.rejects.samples.items()
            },
        }


def sample(rows: Iterable[Row | Malformed], *, name: str, seed: int, size: int | None) -> Sample:
    """Draw `size` rows, sorted by their key, or take all in their order.

    Args:
        rows: of one source; a row's id is `<name>-<number>`, counted from 1, malformed ones too.
        name: of the source.
        seed: of the order; keys are those of `gdig.io.order.shuffle_key`.
        size: rows to draw; where fewer are good, all of those. None: all, in file order.
    """
    start = blake2b(f"{seed}:{name}-".encode(), digest_size=KEY)
    # One bytes object a row (key, number, source NUL target): half the memory of a tuple of them, and nothing for the
    # collector of reference cycles to walk through again and again.
    kept: list[bytes] = []
    limit = b"\xff" * (KEY + 1)
    # To clear away now and then is cheaper than a heap: few rows come below the limit once it has fallen.
    full = None if size is None else size + size // 8 + 1
    rejects = Rejects()
    number = 0
    for number, row in enumerate(rows, start=1):
        state = start.copy()
        state.update(b"%09d" % number)
        key = state.digest()
        if isinstance(row, Malformed):
            rejects.add(row.reason, key, _id(name, number), row.text)
        elif key < limit:
            kept.append(b"%b%b%b" % (key, number.to_bytes(NUMBER, "big"), "\0".join(row).encode()))
            if size is not None and len(kept) == full:
                limit = _bound(kept, size)
                kept = [record for record in kept if record < limit]
    if size is not None:
        kept.sort()
        del kept[size:]
    return Sample([_keyed(name, record) for record in kept], number, rejects)


def _bound(records: list[bytes], rank: int) -> bytes:
    """Return a bound below which are the `rank` least records, and others only where eight bytes of keys are equal."""
    starts_K = np.frombuffer(b"".join(record[:8] for record in records), dtype=">u8").astype(np.uint64)
    return int(np.partition(starts_K, rank - 1)[rank - 1]).to_bytes(8, "big") + b"\xff" * (KEY - 7)


def _keyed(name: str, record: bytes) -> Keyed:
    text = KEY + NUMBER
    src, trg = record[text:].decode().split("\0")
    return record[:KEY], Pair(_id(name, int.from_bytes(record[KEY:text], "big")), src, trg)


def _id(name: str, number: int) -> str:
    return f"{name}-{number:09d}"
