"""Draw seed pairs from the held-out part and take their revision.

Writes the drafts as TSV for reviewers, and the revised seeds: those of the oracle, of a returned file, or the drafts.
"""

import logging
from pathlib import Path

from gdig import stage
from gdig.config import Params
from gdig.paths import Paths
from gdig.records import read_pairs, select, write_pairs
from gdig.seeds.draft import draw, write_tsv
from gdig.seeds.revision import import_tsv

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    drafts = draw(read_pairs(paths.raw_heldout), params.seeds.count, params.seeds.seed)
    if params.seeds.revision == "oracle":
        revised = select(read_pairs(paths.originals), (pair.id for pair in drafts))
    elif params.seeds.revision == "none":
        revised = drafts
        logger.warning("seeds: taken as drawn, without revision; their errors become the standard of quality")
    else:
        revised = import_tsv(Path(params.seeds.revision), drafts)
    num_edited = sum(old != new for old, new in zip(drafts, revised, strict=True))
    logger.info("seeds: %d drawn, %d edited in revision (%s)", len(drafts), num_edited, params.seeds.revision)
    write_tsv(paths.seed_drafts, drafts)
    write_pairs(paths.seed_revisions, revised)


if __name__ == "__main__":
    stage.run(main)
