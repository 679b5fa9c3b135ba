"""Clean one part, from JSON lines to JSON lines: rules, contamination and duplicates, with counted rejections.

Rules for single pairs run in several processes. Checks across pairs run in this process in input order, so that the
result does not depend on the number of processes; only digests of the pairs are kept in memory.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import chain
from pathlib import Path

import numpy as np

from gdig.cleaning.decontaminate import Forbidden, Match, sides
from gdig.cleaning.duplicates import Index
from gdig.cleaning.rejects import NUM_SAMPLES, Rejects
from gdig.cleaning.rules import Chunk, CleanedChunk, chunk_cleaner
from gdig.cleaning.spread import spread
from gdig.config import Languages, NearDuplicates, Prepare, Rules
from gdig.io.files import atomic_file
from gdig.io.records import corpus_of, read_rows
from gdig.run.progress import track

CHUNK_BYTES = 500_000
MIN_CHUNKS = 10
"""Smaller parts are cleaned in this process, which is faster than starting others."""


def clean(
    source: Path,
    target: Path,
    prepare: Prepare,
    languages: Languages,
    forbidden: Forbidden,
    *,
    spares: Path | None = None,
    num_processes: int = 1,
    num_samples: int | None = NUM_SAMPLES,
    remember: bool = True,
) -> tuple[Rejects, dict[bytes, str]]:
    """Write the normalised pairs that pass every rule, in their order.

    Args:
        source: JSON lines; the corpus of a pair is its id up to the last `-`.
        target: file to write, atomically.
        prepare: which rules are on, by corpus, and their limits.
        languages: languages of the two sides.
        forbidden: texts that must not occur on either side.
        spares: JSON lines whose pairs, in order, replace rejected pairs of `source`; surplus pairs are not read.
        num_processes: number of processes for a large part.
        num_samples: rejects to keep per rule and corpus; None: all.
        remember: whether to return the digests of kept sides.

    Returns:
        the rejects, and a map from the digest of each kept side (see `sides`) to the id of a pair that has it.

    Raises:
        ValueError: a line is malformed or an id is repeated (names file and line); a rule cannot be set up.
    """
    rejects, kept = Rejects(num_samples), dict[bytes, str]()
    rules_of = cache(prepare.of)
    compare = _comparison(target.stem, forbidden)
    paths = [source] if spares is None else [source, spares]
    num_chunks = sum(path.stat().st_size // CHUNK_BYTES + 1 for path in paths)
    cleaned_chunks = spread(
        partial(chunk_cleaner, prepare, languages, forbidden.ngrams),
        chain.from_iterable(map(_chunks, paths)),
        num_processes if num_chunks >= MIN_CHUNKS else 1,
    )
    orders = bytearray()
    num_wanted = 0
    with atomic_file(target) as temporary, temporary.open("wb") as stream:
        for chunk, cleaned in track(cleaned_chunks, total=num_chunks, label=target.stem, unit="chunks"):
            orders += b"".join(order[:8] for order in cleaned.orders)
            num_wanted += len(cleaned.ids) if chunk.path == source else 0
            for row, pair_id in enumerate(cleaned.ids):
                if rejects.kept == num_wanted:
                    break
                corpus = corpus_of(pair_id)
                rule, match = cleaned.rules[row], None
                if rule is None:
                    rule, match = compare(row, cleaned, rules_of(corpus))
                if rule is not None:
                    rejects.reject(corpus, rule, (cleaned.orders[row], chunk.lines[row], match))
                    continue
                rejects.keep(corpus)
                stream.write(cleaned.lines[row])
                if remember:
                    for side in sides(cleaned.digests[row]):
                        kept.setdefault(side, pair_id)
        _refuse_repeats(paths, orders)
    return rejects, kept


def _comparison(
    part: str, forbidden: Forbidden
) -> Callable[[int, CleanedChunk, Rules], tuple[str | None, Match | None]]:
    """Return a stateful function: the rule that rejects a row because of another pair, and that pair."""
    seen: set[bytes] = set()
    index_of: Callable[[NearDuplicates], Index] = cache(Index)

    def compare(row: int, cleaned: CleanedChunk, rules: Rules) -> tuple[str | None, Match | None]:
        digests = cleaned.digests[row]
        if rules.decontaminate and (match := forbidden.find(digests)):
            return "contaminated", match
        if match := cleaned.ngrams.get(row):
            return "contaminated_ngram", match
        if rules.drop_duplicates and digests in seen:
            return "duplicate", None
        if rules.near_duplicates:
            index = index_of(rules.near_duplicates)
            if similar := index.find(cleaned.signatures[row]):
                return "near_duplicate", (part, similar)
            index.add(cleaned.ids[row], cleaned.signatures[row])
        seen.add(digests)
        return None, None

    return compare


def _chunks(path: Path) -> Iterator[Chunk]:
    start = 1
    with path.open("rb") as stream:
        while lines := stream.readlines(CHUNK_BYTES):
            yield Chunk(path, start, lines)
            start += len(lines)


def _refuse_repeats(paths: Iterable[Path], orders: bytearray) -> None:
    hashes = np.frombuffer(orders, dtype=np.uint64)
    if len(np.unique(hashes)) < len(hashes):
        # Two ids with equal 8-byte hashes are almost surely equal; read_rows names the repeated line.
        for path in paths:
            read_rows(path)
