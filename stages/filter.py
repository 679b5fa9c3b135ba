"""Find the pairs that no filter drops, and sample those that each drops."""

import logging

from gdig.config import Params
from gdig.io.files import write_json
from gdig.io.order import shuffled
from gdig.io.ranking import iterate_ranking
from gdig.io.records import read_pairs, write_rows
from gdig.run.paths import Paths
from gdig.selectors.filtered import dropped, dropped_by

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    pool = {pair.id: pair for pair in read_pairs(paths.pool)}
    of_filter = {
        cut.ranking: dropped(pool, list(iterate_ranking(paths.filter_rankings / f"{cut.ranking}.jsonl")), cut)
        for cut in params.filter.scores
    }
    by = dropped_by(list(pool), of_filter)
    kept = [i for i, names in by.items() if not names]
    for name, ids in of_filter.items():
        logger.info("filter: %s drops %d of %d pairs", name, len(ids), len(pool))
    logger.info("filter: %d of %d pairs are left", len(kept), len(pool))
    summary = {
        "num_pool": len(pool),
        "num_kept": len(kept),
        "filters": {
            name: {
                "num_dropped": len(ids),
                "num_by_it_alone": sum(by[i] == [name] for i in ids),
                "sample": [
                    {"id": i, "src": pool[i].src, "trg": pool[i].trg}
                    for i in shuffled(ids, params.filter.seed)[: params.filter.num_samples]
                ],
            }
            for name, ids in of_filter.items()
        },
    }
    write_rows(paths.filter_kept, ({"id": i} for i in kept))
    write_json(paths.filter_summary, summary)
