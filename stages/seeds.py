"""Draw seed pairs and a reserve from the held-out part, or take own seeds, and take their revision.

Writes the drafts, seeds first, and exactly seeds.count revised seeds: those of the oracle, of an imported revision,
or the drafts themselves; and beside them what can replace those that cleaning rejects. Own seeds that no revision
names are written as they are, in a seeded order: prepare rejects what is in a test or validation set and counts it.
"""

import logging
from typing import Any

from gdig.config import Params
from gdig.ingest.sources.corpora import read_seeds
from gdig.io.files import write_json
from gdig.io.order import shuffled
from gdig.io.records import read_pairs, select, write_pairs
from gdig.io.text import keys_of
from gdig.run.paths import Paths
from gdig.seeds.draft import draw_drafts, order_of
from gdig.seeds.revised import read_revised, seeds_of

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    seeds, count = params.seeds, params.seeds.count
    own, sources = bool(seeds.sources), dict[str, Any]()
    if own:
        pairs, sources = read_seeds(seeds, params.profile)
        if paths.raw_heldout.stat().st_size:
            logger.warning("seeds: held-out pairs are unused beside own seeds; set pool.num_heldout: 0")
    else:
        pairs = read_pairs(paths.raw_heldout)
    forbidden = keys_of(read_pairs(paths.raw_valid), read_pairs(paths.raw_test))
    order = order_of(pairs, forbidden, seeds.seed)
    if own and seeds.revision == "none":
        drafts = order.pairs[: count + seeds.reserve]
        every = select(pairs, shuffled((pair.id for pair in pairs), seeds.seed))
        revised, spares = every[:count], every[count:]
    elif seeds.revision in ("oracle", "none"):
        drafts = draw_drafts(order, count, seeds.reserve)
        taken = drafts
        if seeds.revision == "oracle":
            taken = select(read_pairs(paths.originals), (pair.id for pair in drafts))
        else:
            logger.warning("seeds: taken as drawn, without revision; their errors become the standard of quality")
        revised, spares = taken[:count], taken[count:]
    else:
        drafts = draw_drafts(order, count, seeds.reserve, own=own)
        rows = read_revised(paths.revision_in_use)
        revised, spares, passed = seeds_of(rows, order, pairs, forbidden, count)
        logger.info("seeds: passed over in the revision: %s", dict(sorted(passed.items())) or "none")
    before = {pair.id: pair for pair in pairs}
    num_edited = sum(before[pair.id] != pair for pair in revised)
    whence = f"own, of {len(pairs)} rows" if own else "drawn"
    logger.info("seeds: %d %s, %d edited in revision (%s)", len(revised), whence, num_edited, seeds.revision)
    write_pairs(paths.seed_drafts, drafts)
    write_pairs(paths.seed_revisions, revised)
    write_pairs(paths.seed_spares, spares)
    write_json(paths.seed_provenance, {"sources": sources})
