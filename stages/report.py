"""Compare the selectors: the budget curve, the report page, and `focus.json` for `dvc metrics diff`."""

import logging

from gdig import stage
from gdig.config import Params
from gdig.files import atomic_folder, read_json, rounded, write_json, write_text
from gdig.paths import Paths
from gdig.report.curves import curves_section, read_curves
from gdig.report.figures import budget_curve
from gdig.report.focus import focus
from gdig.report.page import page
from gdig.report.paper import NOTHING, reported
from gdig.score.comparable import common_signatures
from gdig.statistics import budget_key

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    names = [*params.selectors, "full"]
    metrics = {name: read_json(paths.selector_metrics_copies / f"{name}.json") for name in names}
    significance = read_json(paths.significance_metrics_copy)
    systems, paper = read_json(paths.systems_metrics_copy), NOTHING
    if params.translate.split == "test":
        direction = f"{params.languages.source}-{params.languages.target}"
        paper = reported(direction, {source.name: source.rows for source in params.pool.tests})
        common_signatures({"the cells": significance["signatures"], "systems": systems["signatures"]})
    else:
        logger.info(
            "cells are scored on the validation split; systems, scored on the test sets, are not shown beside them"
        )
        systems = {"systems": {}}
    selection = read_json(paths.selection_metrics_copy)
    engine = read_json(paths.influence_metrics_copy)
    provenance = read_json(paths.provenance)
    rejects = read_json(paths.rejects)
    write_json(paths.focus_metrics, rounded(focus(metrics, params.report.focus, params.report.baseline)))
    budgets = {budget_key(budget): budget for budget in params.budgets}
    figure = budget_curve(metrics, budgets)
    focused = params.report.focus
    cells = ["all"] if focused == "full" else [str(budget) for budget in params.budgets]
    curves = {cell: read_curves(paths.curves_of_all / focused / f"{cell}.csv") for cell in cells}
    write_text(paths.budget_curve, figure)
    with atomic_folder(paths.report) as out:
        write_text(
            out / "index.html",
            page(
                params.profile,
                params.report,
                metrics,
                budgets,
                systems=systems,
                reported=paper,
                significance=significance,
                selection=selection,
                engine=engine,
                provenance=provenance,
                rejects=rejects,
                figure=figure,
                curves=curves_section(focused, curves),
            ),
        )
    logger.info("report: %s", paths.report / "index.html")


if __name__ == "__main__":
    stage.run(main)
