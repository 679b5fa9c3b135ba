"""Compare the selectors: the report page with its figures, the budget curve, and `focus.json` for `dvc metrics diff`.

The bytes of every file depend only on the inputs of the stage and their entries in dvc.lock. The page has no measured
times; `python -m gdig.report.costs` shows those.
"""

import logging
import shutil

from gdig.config import Params
from gdig.io.files import atomic_folder, read_json, rounded, write_json, write_text
from gdig.io.ranking import FILTERED_OUT, NOISE_ESTIMATE, RANKING, read_ranking
from gdig.io.records import read_pairs, read_rows
from gdig.io.statistics import budget_key
from gdig.labels import has_labels
from gdig.report.charts.budget_curve import budget_figure
from gdig.report.charts.cluster_map import cluster_figure, gradients_of, plane, sample
from gdig.report.charts.comparisons import comparison_figure
from gdig.report.charts.draw import svg, write_figures
from gdig.report.charts.efficiency import curves_figure as efficiency_curves_figure
from gdig.report.charts.efficiency import efficiency_figure
from gdig.report.charts.influence_map import influence_figure
from gdig.report.charts.loss_curves import count_steps, curves_figure, read_curves
from gdig.report.charts.overlap import overlap_figure, read_positions
from gdig.report.charts.reliability import reliability_figure
from gdig.report.charts.seeds_helped import seeds_helped_figure
from gdig.report.charts.survivors import survivors_figure
from gdig.report.dvc_files import efficiency_points, focus, points_of, to_csv
from gdig.report.efficiency.compare import Cell, as_metrics
from gdig.report.efficiency.survey import read_cell, survey_of
from gdig.report.gains.cells import cells_of
from gdig.report.gains.results import results_of
from gdig.report.lock import of_selectors, read_lock, upstream
from gdig.report.page import Figures, Results, report_page
from gdig.report.paper import NOTHING, reported
from gdig.report.sections.examples import choose, read_some
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
    cells = {name: ["all"] if name == "full" else [str(budget) for budget in params.budgets] for name in names}
    curves = {
        name: {cell: read_curves(paths.curves_of_all / name / f"{cell}.csv") for cell in own}
        for name, own in cells.items()
    }
    drawn = (
        read_ranking(paths.subsets_of_all / "gdig" / RANKING)[: params.budgets[0]] if "gdig" in params.selectors else []
    )
    read = (paths.selector_metrics_copies, paths.systems_metrics_copy, paths.significance_metrics_copy,
            paths.selection_metrics_copy, paths.influence_metrics_copy, paths.influence, paths.gradients,
            paths.clusters, paths.subsets_of_all, paths.curves_of_all, paths.hypotheses_of_all)  # fmt: skip
    # Other stages may run before or after this one.
    stages = upstream(read_lock(params.profile, params.selectors, params.budgets), [path.as_posix() for path in read])
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

    cleanliness = None
    if "gdig_joint" in params.selectors:
        cleanliness = read_json(paths.subsets_of_all / "gdig_joint" / NOISE_ESTIMATE)

    filtered_out = None
    if behind_filter := [name for name in params.selectors if name.endswith("_filtered")]:
        filtered_out = read_json(paths.subsets_of_all / behind_filter[0] / FILTERED_OUT)

    figures = Figures(
        budget=budget_figure(points, focused, significance["confidence"]),
        comparisons=comparison_figure(points, [source.name for source in params.pool.tests]),
        efficiency_curves=efficiency_curves_figure(compared, focused),
        efficiency_plane=efficiency_figure(compared, focused),
        overlap=overlap_figure(rankings, params.budgets, len(ids)),
        loss_curves=curves_figure(focused, curves[focused]),
        influence=influence_figure(paths.influence, candidates),
        seeds_helped=seeds_helped_figure(candidates, selection["quality"]["share_reached"], known_kinds),
        survivors=survivors_figure(ids, clusters.keys(), labels, has_noise=known_kinds is not None),
        reliability=reliability_figure(cleanliness["reliability"]) if cleanliness else None,
        clusters=cluster_figure(
            *plane(gradients_of(paths.gradients, sampled, len(ids)), normalised=params.diversity.normalise),
            [pairs[i] for i in sampled],
            clusters,
            set(drawn),
            known_kinds,
        ),
    )
    provenance, seeds = read_json(paths.provenance), read_json(paths.seed_provenance)["sources"]
    if seeds:
        provenance["sources"] = provenance.get("sources", {}) | seeds
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
        cleanliness=cleanliness,
        evidence={
            path.stem: cells_of(runs, "bleu")
            for path in sorted(paths.evidence.glob("*.jsonl"))
            if (runs := results_of(path).runs)  # others are of no grid, see gdig.tools.runs
        },
        provenance=provenance,
        rejects=read_json(paths.rejects),
        filtered_out=filtered_out,
        examples=examples,
        pairs=pairs,
        candidates={candidate["id"]: candidate for candidate in candidates if candidate["id"] in shown},
        kinds=known_kinds,
        rankings={name: [ids[position] for position in own] for name, own in rankings.items()} if known_kinds else {},
        steps={name: sum(map(count_steps, own.values())) for name, own in curves.items()},
        by_selector=by_selector,
        stages=stages,
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
