"""Read or generate the raw pool, and plant noise in it where the profile says so.

Writes the raw parts (pool, held-out, valid, test, base text), the labels of planted noise beside them, the held-out
pairs as they were before, and the provenance of it all.
"""

import logging
from collections import Counter
from itertools import chain

from gdig.config import Params
from gdig.ingest.noise import plant
from gdig.ingest.sources import corpora, embedded
from gdig.io.files import write_json
from gdig.io.records import write_pairs, write_rows
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    if params.pool.sources[0].kind == "embedded":
        raw = embedded.generate(params.pool, params.embedded)
    else:
        raw = corpora.draw_parts(params.pool, params.profile)
    noisy_pool, pool_kinds = plant(raw.pool, params.noise)
    noisy_heldout, heldout_kinds = plant(raw.heldout, params.noise)
    logger.info("pool: %d pairs, %s", len(noisy_pool), dict(sorted(Counter(pool_kinds.values()).items())))

    write_pairs(paths.raw_pool, noisy_pool)
    write_pairs(paths.raw_heldout, noisy_heldout)
    write_pairs(paths.raw_valid, raw.valid)
    write_pairs(paths.raw_test, raw.test)
    write_pairs(paths.raw_base_text, raw.base_text)
    write_pairs(paths.originals, raw.heldout)
    kinds = chain(pool_kinds.items(), heldout_kinds.items())
    write_rows(paths.labels, ({"id": i, "noise": kind, "origin": raw.origin[i]} for i, kind in kinds))
    parts = {
        "pool": raw.pool,
        "heldout": raw.heldout,
        "valid": raw.valid,
        "test": raw.test,
        "base": raw.base_text,
    }
    write_json(paths.provenance, raw.provenance | {"pairs": {name: len(part) for name, part in parts.items()}})
