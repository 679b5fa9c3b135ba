"""Raw parts sampled from corpora."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from gdig.config import Pool, Source
from gdig.ingest.apportion import apportion
from gdig.ingest.fetch.download import fetch_all
from gdig.ingest.reservoir import Keyed, Sample, sample
from gdig.ingest.sources import files, hub, urls
from gdig.ingest.sources.raw import Opened, RawData
from gdig.io.records import Pair, corpus_of
from gdig.run.progress import track_stream

logger = logging.getLogger(__name__)

_OPEN: dict[str, Callable[[Any], Opened]] = {
    "files": files.open_source,
    "hub": hub.open_source,
}


def draw_parts(pool: Pool, profile: str) -> RawData:
    """Draw all parts: a uniform sample of each source, split into valid, held-out, base text and pool, in this order.

    If there is one source, or all sources have weights, a larger pool does not change the other parts. Validation and
    test sets are read whole, or as a sample of `rows` rows, in file order. Downloads are checked against the lock of
    `profile`.

    Raises:
        ValueError: a source cannot be opened or read, or has too few well-formed rows; the numbers do not add up.
    """
    sizes = {} if pool.valid else {"valid": pool.num_valid or 0}
    sizes |= {"heldout": pool.num_heldout, "base_text": pool.num_base_text, "pool": pool.num_pool}
    given = apportion(pool.sources, sizes)
    everything = [*pool.tests, *pool.valid, *pool.sources]
    # Check local sources before hours of downloads.
    opened = {source.name: _begun(_OPEN[source.kind](source)) for source in everything if source.kind != "urls"}
    fetch_all(everything, profile)
    opened |= {source.name: _begun(urls.open_source(source, profile)) for source in everything if source.kind == "urls"}

    provenance: dict[str, Any] = {}

    def read(source: Source, parts: dict[str, int] | None, remedy: str) -> list[Keyed]:
        size = sum(parts.values()) if parts else None
        drawn = _read(source, opened[source.name], pool.seed, size, remedy)
        taken = {"taken": parts} if parts else {}
        provenance[source.name] = {"kind": source.kind} | opened[source.name].provenance | drawn.summary() | taken
        return drawn.pairs

    def whole(sets: Sequence[Source], part: str) -> list[Pair]:
        pairs: list[Pair] = []
        for source in sets:
            drawn = read(source, {part: source.rows} if source.rows else None, "lower its `rows`, or leave them out")
            pairs += sorted((pair for _, pair in drawn), key=lambda pair: pair.id)
        return pairs

    test, valid = whole(pool.tests, "test"), whole(pool.valid, "valid")
    keyed: dict[str, list[Keyed]] = {part: [] for part in sizes}
    for source in pool.sources:
        parts = given[source.name]
        queue = iter(read(source, parts, f"lower {_REMEDY[source.rows is not None]}"))
        for part, count in parts.items():
            keyed[part] += [next(queue) for _ in range(count)]
    # Sort by key, so that sources are mixed throughout a part.
    drawn_parts = {part: [pair for _, pair in sorted(rows, key=lambda row: row[0])] for part, rows in keyed.items()}
    return RawData(
        pool=drawn_parts["pool"],
        heldout=drawn_parts["heldout"],
        valid=drawn_parts.get("valid", valid),
        test=test,
        base_text=drawn_parts["base_text"],
        origin={pair.id: corpus_of(pair.id) for part in ("pool", "heldout") for pair in drawn_parts[part]},
        provenance={"sources": provenance},
    )


def _begun(opened: Opened) -> Opened:
    """Read the first row of a source, so that a wrong column fails now and not hours later."""
    first = list(islice(opened.rows, 1))
    return replace(opened, rows=chain(first, opened.rows))


_REMEDY = {
    True: "its `rows`, or pool.num_pool and the other numbers with it",
    False: "its weight, or pool.num_pool, num_heldout, num_valid or num_base_text",
}


def _read(source: Source, opened: Opened, seed: int, size: int | None, remedy: str) -> Sample:
    rows = track_stream(opened.rows, opened.meter, label=source.name, unit="rows")
    drawn = sample(rows, name=source.name, seed=seed, size=size)
    logger.info("%s: %d rows, %d good; rejected: %s", source.name, drawn.seen, drawn.good, drawn.rejects)
    if size is None and drawn.good < drawn.seen:
        logger.warning("%s: scores on what is left are not those of the whole set; fix its rows", source.name)
    if not drawn.good:
        shown = "".join(
            f"\n  {reason}, {row_id}: {text}"
            for reason, kept in drawn.rejects.samples.items()
            for _, row_id, text in kept[:1]
        )
        raise ValueError(f"source {source.name!r}: none of its {drawn.seen} rows is good: {drawn.rejects}{shown}")
    if size is not None and drawn.good < size:
        raise ValueError(
            f"source {source.name!r} has {drawn.good} good rows of {drawn.seen} (rejected: {drawn.rejects}), but "
            f"{size} are wanted; {remedy}"
        )
    return drawn
