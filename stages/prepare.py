"""Clean, deduplicate and decontaminate every part; count each rejection and keep samples.

Nothing of test occurs in valid, seeds, pool or base text; nothing of valid in seeds, pool or base text; and so on.
"""

import logging

from gdig import stage
from gdig.config import Params
from gdig.data.clean import clean
from gdig.data.decontaminate import keys_of
from gdig.files import write_json
from gdig.paths import Paths
from gdig.records import read_pairs, write_pairs

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    parts = (
        ("test", paths.raw_test, paths.test),
        ("valid", paths.raw_valid, paths.valid),
        ("seeds", paths.seed_revisions, paths.seeds),
        ("pool", paths.raw_pool, paths.pool),
        ("base_text", paths.raw_base_text, paths.base_text),
    )
    forbidden: frozenset[str] = frozenset()
    summary = {}
    for name, source, target in parts:
        kept, rejects = clean(read_pairs(source), params.prepare, forbidden)
        summary[name] = rejects.summary()
        logger.info("%s: %d of %d pairs kept; rejected: %s", name, len(kept), rejects.seen, dict(rejects.counts))
        if not kept and name != "base_text":
            raise ValueError(f"{source}: no pair passes the rules {dict(rejects.counts)}; loosen params.prepare")
        write_pairs(target, kept)
        forbidden |= keys_of(kept)
    write_json(paths.rejects, summary)


if __name__ == "__main__":
    stage.run(main)
