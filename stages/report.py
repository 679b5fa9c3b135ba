"""Compare the selectors: the report page with its figures, the budget curve, and `focus.json` for `dvc metrics diff`.

The page shows what stages took on this machine and which code wrote it, so that its bytes differ from run to run. No
stage reads it; whatever else this stage writes depends on its inputs alone.
"""

import logging
import shutil
from functools import cache

from gdig.config import Params
from gdig.io.files import atomic_folder, read_json, rounded, write_json, write_text
from gdig.io.ranking import RANKING, read_ranking
from gdig.io.records import read_pairs, read_rows
from gdig.io.statistics import budget_key
from gdig.labels import has_labels
from gdig.report.budget import budget_figure
from gdig.report.budget_points import points_of, to_csv
from gdig.report.cluster_map import cluster_figure, gradients_of, plane, sample
from gdig.report.comparisons import comparison_figure
from gdig.report.cost import cost_figure, of_selectors
from gdig.report.curves import curves_figure, read_curves
from gdig.report.draw import svg, write_figures
from gdig.report.efficiency.compare import Cell, as_metrics
from gdig.report.efficiency.read import read_cell
from gdig.report.efficiency_charts import curves_figure as efficiency_curves_figure
from gdig.report.efficiency_charts import efficiency_figure
from gdig.report.efficiency_points import efficiency_points
from gdig.report.examples import choose, read_some
from gdig.report.focus import focus
from gdig.report.gains.cells import cells_of
from gdig.report.gains.results import results_of
from gdig.report.helped import helped_figure
from gdig.report.influence_map import influence_figure
from gdig.report.lock import Locked, read_lock
from gdig.report.paper import NOTHING, reported
from gdig.report.provenance import git_revision
from gdig.report.rankings import overlap_figure, read_positions
from gdig.report.results import Results
from gdig.report.sections import Figures, report_page
from gdig.report.survey import survey_of
from gdig.report.survivors import survivors_figure
from gdig.run import costs
from gdig.run.paths import Paths
from gdig.scoring.signatures import common_signatures

logger = logging.getLogger(__name__)


def main(params: Params, paths: Paths) -> None:
    """Run the stage."""
    focused = params.report.focus
    names = [*params.selectors, "full"]
    budgets = {budget_key(budget): budget for budget in params.budgets}
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
    candidates = read_rows(paths.quality)
    clusters = {row["id"]: row["cluster"] for row in read_rows(paths.clusters)}
    ids = [candidate["id"] for candidate in candidates]
    labels = {row["id"]: row for row in read_rows(paths.labels)}
    kinds = {i: labels[i]["noise"] for i in ids}
    known_kinds = kinds if has_labels(kinds.values()) else None

    examples = choose(candidates, clusters.keys())
    sampled = sample(clusters)
    shown = {i for kept, rejected in examples.values() for i in (*kept, *rejected)}
    pairs = read_some(paths.pool, shown.union(sampled))
    points = points_of(metrics, budgets, significance["replicates"])
    cells = ["all"] if focused == "full" else [str(budget) for budget in params.budgets]
    drawn = (
        read_ranking(paths.subsets_of_all / "gdig" / RANKING)[: params.budgets[0]] if "gdig" in params.selectors else []
    )
    stages = read_lock(params.profile, params.selectors, params.budgets)
    by_selector = of_selectors(params.profile, names, stages)
    references = {
        pair.id: pair.trg for pair in read_pairs(paths.test if params.translate.split == "test" else paths.valid)
    }

    def trained(selector: str, cell: str, key: str) -> Cell:
        return read_cell(
            paths.scores_of_all / selector / f"{cell}.json",
            paths.hypotheses_of_all / selector / cell,
            references,
            metrics[selector][key]["num_pairs"],
        )

    compared = survey_of(
        {(name, budget): trained(name, str(budget), budget_key(budget))
         for name in params.selectors for budget in params.budgets},
        trained("full", "all", budget_key(params.budgets[0])),
        params.report.efficiency,
    )  # fmt: skip
    position_of = {i: position for position, i in enumerate(ids)}
    rankings = {name: read_positions(paths.subsets_of_all / name / RANKING, position_of) for name in params.selectors}

    @cache
    def took(run: str, selector: str, budget: str) -> costs.Cost | None:
        return costs.read(params.profile, run, selector, budget)

    def measured(run: Locked) -> costs.Cost | None:
        return took(run.stage, run.selector, run.budget)

    figures = Figures(
        budget=budget_figure(points, focused, significance["confidence"]),
        comparisons=comparison_figure(points, [source.name for source in params.pool.tests]),
        efficiency_curves=efficiency_curves_figure(compared, focused),
        efficiency_plane=efficiency_figure(compared, focused),
        overlap=overlap_figure(rankings, params.budgets, len(ids)),
        curves=curves_figure(
            focused, {cell: read_curves(paths.curves_of_all / focused / f"{cell}.csv") for cell in cells}
        ),
        influence=influence_figure(paths.influence, candidates),
        helped=helped_figure(candidates, selection["quality"]["share_reached"], known_kinds),
        survivors=survivors_figure(ids, clusters.keys(), labels, has_noise=known_kinds is not None),
        clusters=cluster_figure(
            *plane(gradients_of(paths.gradients, sampled, len(ids)), normalised=params.diversity.normalise),
            [pairs[i] for i in sampled],
            clusters,
            set(drawn),
            known_kinds,
        ),
        costs=cost_figure(by_selector, measured),
    )
    results = Results(
        profile=params.profile,
        focus=focused,
        baseline=params.report.baseline,
        budgets=budgets,
        metrics=metrics,
        systems=systems,
        reported=paper,
        significance=significance,
        selection=selection,
        survey=compared,
        engine=read_json(paths.influence_metrics_copy),
        cleanliness=read_json(paths.selector_metrics_copies / "cleanliness.json")
        if "gdig_joint" in params.selectors
        else None,
        evidence={
            path.stem: cells_of(results_of(path).runs, "bleu") for path in sorted(paths.evidence.glob("*.jsonl"))
        },
        provenance=read_json(paths.provenance),
        rejects=read_json(paths.rejects),
        examples=examples,
        pairs=pairs,
        candidates={candidate["id"]: candidate for candidate in candidates if candidate["id"] in shown},
        kinds=known_kinds,
        rankings={name: [ids[position] for position in own] for name, own in rankings.items()} if known_kinds else {},
        by_selector=by_selector,
        stages=stages,
        measured=measured,
        revision=git_revision(),
    )
    write_json(paths.focus_metrics, rounded(focus(metrics, focused, params.report.baseline)))
    write_text(paths.budget_curve_data, to_csv(points))
    write_text(paths.budget_curve, svg(figures.budget.paper))
    write_json(paths.comparison_metrics, rounded(as_metrics(compared.measured, compared.comparisons)))
    write_text(paths.efficiency_curve_data, to_csv(efficiency_points(compared)))
    with atomic_folder(paths.report) as out:
        # What is kept in Git alone is not pushed.
        for path in (
            paths.focus_metrics,
            paths.budget_curve,
            paths.budget_curve_data,
            paths.comparison_metrics,
            paths.efficiency_curve_data,
        ):
            shutil.copyfile(path, out / path.name)
        write_figures(out / "figures", figures.all())
        write_text(out / "index.html", report_page(results, figures))
    logger.info("report: %s", paths.report / "index.html")
