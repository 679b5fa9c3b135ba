"""A seeded uniform sample of a stream in one pass, with the memory of the sample; never a prefix of it.

The sample is the rows with the smallest `shuffle_key`. The key depends only on the row number, so a larger sample
contains the smaller one, and the sample does not depend on what else is read.
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
"""Sampled rejects per reason."""

Keyed = tuple[bytes, Pair]
"""A pair with its sort key in the seeded order."""


@dataclass
class Rejects:
    """Malformed rows: a count and a seeded sample per reason."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[tuple[bytes, str, str]]] = field(default_factory=dict)

    def add(self, reason: str, key: bytes, row_id: str, text: str) -> None:
        """Count a row; keep it if its key is among the smallest."""
        self.counts[reason] += 1
        kept = self.samples.setdefault(reason, [])
        if len(kept) < NUM_SAMPLES or key < kept[-1][0]:
            insort(kept, (key, row_id, text))
            del kept[NUM_SAMPLES:]

    def __str__(self) -> str:
        return ", ".join(f"{count} {reason}" for reason, count in self.counts.most_common()) or "none"


@dataclass
class Sample:
    """Rows sampled from one source."""

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
    """Sample `size` rows, sorted by key, or return all rows in file order.

    Args:
        rows: rows of one source; the id of a row is `<name>-<number>`, counted from 1 and including malformed rows.
        name: name of the source.
        seed: seed of the order; keys are those of `gdig.io.order.shuffle_key`.
        size: number of rows to sample; all well-formed rows if there are fewer. None: all, in file order.
    """
    start = blake2b(f"{seed}:{name}-".encode(), digest_size=KEY)
    # One bytes object per row (key, number, source NUL target) takes half the memory of a tuple, and the garbage
    # collector does not have to traverse it.
    kept: list[bytes] = []
    limit = b"\xff" * (KEY + 1)
    # Pruning in batches is cheaper than a heap: few rows pass the limit once it has fallen.
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
    """Return an upper bound on the `rank` smallest records; more records pass only if 8-byte key prefixes are equal."""
    starts_K = np.frombuffer(b"".join(record[:8] for record in records), dtype=">u8").astype(np.uint64)
    return int(np.partition(starts_K, rank - 1)[rank - 1]).to_bytes(8, "big") + b"\xff" * (KEY - 7)


def _keyed(name: str, record: bytes) -> Keyed:
    text = KEY + NUMBER
    src, trg = record[text:].decode().split("\0")
    return record[:KEY], Pair(_id(name, int.from_bytes(record[KEY:text], "big")), src, trg)


def _id(name: str, number: int) -> str:
    return f"{name}-{number:09d}"
