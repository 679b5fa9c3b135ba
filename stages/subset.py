"""Cut the subsets of one selector from its ranking, one per budget, and copy the ranking's folder beside them.

The whole pool is one subset, `all`.
"""

import logging
import shutil

from gdig.config import Params
from gdig.io.files import atomic_folder
from gdig.io.ranking import RANKING, read_ranking, subset
from gdig.io.records import read_pairs, write_pairs
from gdig.run.paths import Paths

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths, selector: str) -> None:
    """Run the stage."""
    ranking, pool = read_ranking(paths.ranking_folder / RANKING), read_pairs(paths.pool)
    budgets = ["all"] if selector == "full" else [str(budget) for budget in params.budgets]
    with atomic_folder(paths.subsets) as out:
        for budget in budgets:
            pairs = subset(ranking, budget, pool)
            logger.info("subset: %d pairs of %s", len(pairs), selector)
            write_pairs(out / f"{budget}.jsonl", pairs)
        shutil.copytree(paths.ranking_folder, out, dirs_exist_ok=True)
