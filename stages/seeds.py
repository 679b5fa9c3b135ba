"""Draw seed pairs and a reserve from the held-out part, and take their revision.

Writes the drafts, seeds first, and exactly seeds.count revised seeds: those of the oracle, of an imported revision,
or the drafts themselves; and beside them what can replace those that cleaning rejects.
"""

import logging

from gdig.config import Params
from gdig.io.records import read_pairs, select, write_pairs
from gdig.io.text import keys_of
from gdig.run.paths import Paths
from gdig.seeds.draft import draw_drafts, order_of
from gdig.seeds.revised import read_revised, seeds_of

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    heldout = read_pairs(paths.raw_heldout)
    forbidden = keys_of(read_pairs(paths.raw_valid), read_pairs(paths.raw_test))
    order = order_of(heldout, forbidden, params.seeds.seed)
    drafts = draw_drafts(order, params.seeds.count, params.seeds.reserve)
    count = params.seeds.count
    if params.seeds.revision == "oracle":
        originals = select(read_pairs(paths.originals), (pair.id for pair in drafts))
        revised, spares = originals[:count], originals[count:]
    elif params.seeds.revision == "none":
        revised, spares = drafts[:count], drafts[count:]
        logger.warning("seeds: taken as drawn, without revision; their errors become the standard of quality")
    else:
        rows = read_revised(paths.revision_in_use)
        revised, spares, passed = seeds_of(rows, order, heldout, forbidden, count)
        logger.info("seeds: passed over in the revision: %s", dict(sorted(passed.items())) or "none")
    before = {pair.id: pair for pair in heldout}
    num_edited = sum(before[pair.id] != pair for pair in revised)
    logger.info("seeds: %d drawn, %d edited in revision (%s)", len(revised), num_edited, params.seeds.revision)
    write_pairs(paths.seed_drafts, drafts)
    write_pairs(paths.seed_revisions, revised)
    write_pairs(paths.seed_spares, spares)
