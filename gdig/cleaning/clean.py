"""Clean one part, from JSON lines to JSON lines: rules, contamination and duplicates, each rejection counted.

Rules for single pairs are spread over processes. What needs to know other pairs is done here in the order of the input,
so that the result does not depend on the number of processes; of the pairs themselves only digests are kept.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import chain
from pathlib import Path

import numpy as np

from gdig.cleaning.decontaminate import Forbidden, Match, sides
from gdig.cleaning.duplicates import Index
from gdig.cleaning.rejects import NUM_SAMPLES, Rejects
from gdig.cleaning.rules import Chunk, Judged, row_judge
from gdig.cleaning.spread import spread
from gdig.config import Languages, NearDuplicates, Prepare, Rules
from gdig.io.files import atomic_file
from gdig.io.records import corpus_of, read_rows
from gdig.run.progress import track

CHUNK_BYTES = 500_000
MIN_CHUNKS = 10
"""Smaller parts are done in this process: sooner than others have started."""


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
        target: file to write; it appears whole or not at all.
        prepare: which rules are on, by corpus, and their limits.
        languages: of the two sides.
        forbidden: texts that must not occur on either side.
        spares: JSON lines whose pairs, in their order, replace those of `source` that are rejected; those that are not
            needed are not looked at.
        num_processes: among which a large part is divided.
        num_samples: rejects to keep, a rule and corpus; None: all.
        remember: whether to return what was kept.

    Returns:
        what was rejected; and for the digest of each side that was kept (see `sides`) the id of a pair that has it.

    Raises:
        ValueError: a malformed line or a repeated id, names file and line; a rule that cannot be set up.
    """
    rejects, kept = Rejects(num_samples), dict[bytes, str]()
    rules_of = cache(prepare.of)
    compare = _comparison(target.stem, forbidden)
    paths = [source] if spares is None else [source, spares]
    num_chunks = sum(path.stat().st_size // CHUNK_BYTES + 1 for path in paths)
    judged_chunks = spread(
        partial(row_judge, prepare, languages, forbidden.ngrams),
        chain.from_iterable(map(_chunks, paths)),
        num_processes if num_chunks >= MIN_CHUNKS else 1,
    )
    orders = bytearray()
    num_wanted = 0
    with atomic_file(target) as temporary, temporary.open("wb") as stream:
        for chunk, judged in track(judged_chunks, total=num_chunks, label=target.stem, unit="chunks"):
            orders += b"".join(order[:8] for order in judged.orders)
            num_wanted += len(judged.ids) if chunk.path == source else 0
            for row, pair_id in enumerate(judged.ids):
                if rejects.kept == num_wanted:
                    break
                corpus = corpus_of(pair_id)
                rule, match = judged.rules[row], None
                if rule is None:
                    rule, match = compare(row, judged, rules_of(corpus))
                if rule is not None:
                    rejects.reject(corpus, rule, (judged.orders[row], chunk.lines[row], match))
                    continue
                rejects.keep(corpus)
                stream.write(judged.lines[row])
                if remember:
                    for side in sides(judged.digests[row]):
                        kept.setdefault(side, pair_id)
        _refuse_repeats(paths, orders)
    return rejects, kept


def _comparison(part: str, forbidden: Forbidden) -> Callable[[int, Judged, Rules], tuple[str | None, Match | None]]:
    """Return what tells the rule that rejects a row for another pair's sake, and which pair; it remembers the rest."""
    seen: set[bytes] = set()
    index_of: Callable[[NearDuplicates], Index] = cache(Index)

    def compare(row: int, judged: Judged, rules: Rules) -> tuple[str | None, Match | None]:
        digests = judged.digests[row]
        if rules.decontaminate and (match := forbidden.find(digests)):
            return "contaminated", match
        if match := judged.ngrams.get(row):
            return "contaminated_ngram", match
        if rules.drop_duplicates and digests in seen:
            return "duplicate", None
        if rules.near_duplicates:
            index = index_of(rules.near_duplicates)
            if similar := index.find(judged.signatures[row]):
                return "near_duplicate", (part, similar)
            index.add(judged.ids[row], judged.signatures[row])
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
        # Two ids share 8 bytes of a hash, surely as they are equal; reading all with their numbers tells where.
        for path in paths:
            read_rows(path)
