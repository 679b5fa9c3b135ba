"""Raw parts sampled from corpora, and own seeds."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from gdig.config import Pool, Seeds, Source
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
    opened = _open_all([*pool.tests, *pool.valid, *pool.sources], profile)
    test, provenance = _read_sets(pool.tests, opened, "test", pool.seed)
    valid, of_valid = _read_sets(pool.valid, opened, "valid", pool.seed)
    provenance |= of_valid
    for name, source in provenance.items():
        if "taken" not in source and source["rows"]["rejected"]:
            logger.warning("%s: scores on what is left are not those of the whole set; fix its rows", name)
    keyed: dict[str, list[Keyed]] = {part: [] for part in sizes}
    for source in pool.sources:
        parts = given[source.name]
        remedy = f"lower {_REMEDY[source.rows is not None]}"
        rows, provenance[source.name] = _read(source, opened[source.name], pool.seed, parts, remedy)
        queue = iter(rows)
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


def read_seeds(seeds: Seeds, profile: str) -> tuple[list[Pair], dict[str, Any]]:
    """Read own seeds: each of `seeds.sources` whole, or a seeded sample of `rows` rows, in file order.

    Returns:
        the pairs, and the provenance of each source by its name, as in that of `draw_parts`.

    Raises:
        ValueError: a source cannot be opened or read, or has too few well-formed rows; together they have fewer than
            `seeds.count`.
    """
    pairs, provenance = _read_sets(seeds.sources, _open_all(seeds.sources, profile), "seeds", seeds.seed)
    if len(pairs) < seeds.count:
        found = "; ".join(
            f"{source.name!r} ({_location(source)}) has {rows['good']} good rows of {rows['seen']}"
            for source in seeds.sources
            for rows in [provenance[source.name]["rows"]]
        )
        raise ValueError(
            f"seeds.sources: {found}, but seeds.count = {seeds.count}; lower it to {len(pairs)}, or add rows"
        )
    return pairs, provenance


def _location(source: Source) -> str:
    where = next(getattr(source, key) for key in ("path", "url", "dataset") if hasattr(source, key))
    return ", ".join(where) if isinstance(where, list) else str(where)


def _open_all(sources: Sequence[Source], profile: str) -> dict[str, Opened]:
    """Open every source by name: local ones first, so that a mistake is reported before hours of downloads."""
    opened = {source.name: _begun(_OPEN[source.kind](source)) for source in sources if source.kind != "urls"}
    fetch_all(sources, profile)
    return opened | {
        source.name: _begun(urls.open_source(source, profile)) for source in sources if source.kind == "urls"
    }


def _read_sets(
    sets: Sequence[Source], opened: dict[str, Opened], part: str, seed: int
) -> tuple[list[Pair], dict[str, Any]]:
    """Return the pairs of each set, whole or a sample of `rows`, in file order, and its provenance by name."""
    pairs: list[Pair] = []
    provenance: dict[str, Any] = {}
    for source in sets:
        parts = {part: source.rows} if source.rows else None
        remedy = "lower its `rows`, or leave them out"
        drawn, provenance[source.name] = _read(source, opened[source.name], seed, parts, remedy)
        pairs += sorted((pair for _, pair in drawn), key=lambda pair: pair.id)
    return pairs, provenance


def _begun(opened: Opened) -> Opened:
    """Read the first row of a source, so that a wrong column fails now and not hours later."""
    first = list(islice(opened.rows, 1))
    return replace(opened, rows=chain(first, opened.rows))


_REMEDY = {
    True: "its `rows`, or pool.num_pool and the other numbers with it",
    False: "its weight, or pool.num_pool, num_heldout, num_valid or num_base_text",
}


def _read(
    source: Source, opened: Opened, seed: int, parts: dict[str, int] | None, remedy: str
) -> tuple[list[Keyed], dict[str, Any]]:
    """Return what the parts need of a source, all of it where parts are None, and its provenance."""
    size = sum(parts.values()) if parts else None
    drawn = _drawn(source, opened, seed, size, remedy)
    taken = {"taken": parts} if parts else {}
    return drawn.pairs, {"kind": source.kind} | opened.provenance | drawn.summary() | taken


def _drawn(source: Source, opened: Opened, seed: int, size: int | None, remedy: str) -> Sample:
    rows = track_stream(opened.rows, opened.meter, label=source.name, unit="rows")
    drawn = sample(rows, name=source.name, seed=seed, size=size)
    logger.info("%s: %d rows, %d good; rejected: %s", source.name, drawn.seen, drawn.good, drawn.rejects)
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
