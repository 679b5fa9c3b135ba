"""Test every selector against the baseline: intervals, paired resampling of segments, the t-test over budgets."""

import logging
from itertools import product

from gdig.config import Params
from gdig.io.files import read_json, write_metrics
from gdig.io.records import read_pairs
from gdig.io.statistics import budget_key
from gdig.run.paths import Paths
from gdig.run.progress import track
from gdig.scoring.signatures import common_signatures
from gdig.significance.cells import read_cell
from gdig.significance.compare import Cell, significance
from gdig.significance.resampling import Resampler

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    on_test = params.translate.split == "test"
    split = paths.test if on_test else paths.valid
    settings = params.significance
    resampler = Resampler(
        {pair.id: pair.trg for pair in read_pairs(split)},
        params.languages.target,
        settings.num_samples,
        settings.seed,
        each=on_test,
    )
    names = [("full", "all"), *product(params.selectors, map(str, params.budgets))]
    scores = {cell: read_json(paths.scores_of_all / cell[0] / f"{cell[1]}.json") for cell in names}
    signatures = common_signatures({f"scores/{'/'.join(cell)}.json": own["signatures"] for cell, own in scores.items()})
    found: dict[tuple[str, str], Cell] = {}
    for selector, budget in track(names, total=len(names), label="resampling", unit="cells"):
        found[selector, budget] = read_cell(
            scores[selector, budget]["replicates"],
            paths.hypotheses_of_all / selector / budget,
            paths.segments_of_all / selector / f"{budget}.jsonl",
            resampler,
        )
    cells = {
        # The whole pool is one cell, compared at every budget.
        selector: {
            budget_key(budget): found[selector, "all" if selector == "full" else str(budget)]
            for budget in params.budgets
        }
        for selector in [*params.selectors, "full"]
    }
    result = significance(cells, params.report.baseline, settings.num_samples, settings.confidence, settings.seed)
    if len(params.budgets) < 2:
        logger.info("one budget: the t-test over budgets needs two")
    write_metrics(paths.significance_metrics, paths.significance_metrics_copy, result | {"signatures": signatures})
