"""Keep the candidates that help every seed; where too few do, lower the share of seeds, and say by how much."""

import logging
from dataclasses import asdict

from gdig.config import Params
from gdig.io.files import rounded, write_json
from gdig.io.matrix import read_matrix
from gdig.io.records import write_rows
from gdig.run.paths import Paths
from gdig.selection.quality import apply_rule, assess

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    min_survivors = params.quality.min_survivors or 2 * params.budgets[-1]
    ids, influence_NM = read_matrix(paths.influence, "influence")
    candidates = assess(ids, influence_NM)
    result = apply_rule(candidates, min_survivors)
    if result.share_reached < 1:
        logger.warning(
            "quality: only %d of %d candidates help all %d seeds; relaxed to %.1f%% of the seeds so that at least %d "
            "survive: %d do",
            result.num_strict, len(ids), influence_NM.shape[1], 100 * result.share_reached, min_survivors,
            len(result.survivors),
        )  # fmt: skip
    else:
        logger.info("quality: %d of %d candidates help every seed", len(result.survivors), len(ids))
    write_rows(paths.quality, map(asdict, candidates))
    write_rows(paths.survivors, map(asdict, result.survivors))
    summary = {
        "num_candidates": len(ids),
        "num_seeds": influence_NM.shape[1],
        "num_survivors": len(result.survivors),
        "num_strict": result.num_strict,
        "min_survivors": min_survivors,
        "share_reached": result.share_reached,
    }
    write_json(paths.quality_summary, rounded(summary, 6))
