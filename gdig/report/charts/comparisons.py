"""The comparisons of the paper's Figures 2 to 4 for this run."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

from gdig.report.charts.budget_curve import chart, on_page, panels
from gdig.report.charts.figure import Figure, selector_legend
from gdig.report.display import title_of
from gdig.report.dvc_files import Point, have_intervals

_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "G-DIG against random choice": ("random", "gdig"),
    "Quality alone against other scores": ("reward", "base_loss", "loss", "random", "gdig_quality"),
    "What diversity adds": ("gdig_embedding", "gdig_quality", "gdig"),
}
"""Title -> selectors; those that the run lacks are left out."""


def comparison_figure(points: Sequence[Point], test_sets: Collection[str]) -> Figure | None:
    """Return the figure, one panel per question and metric; None where the run has no two selectors of a question.

    Args:
        points: points of all selectors.
        test_sets: names; with several, each has its own panels.
    """
    shown = _metrics(points, test_sets)
    here = {point.selector for point in points}
    charts: dict[str, tuple[Sequence[str], list[Point]]] = {}
    for question, names in _QUESTIONS.items():
        present = [name for name in names if name in here]
        for metric in shown if len(present) > 1 else ():
            title = f"{question}: {metric}"
            charts[title] = present, [p for p in points if p.metric == metric and p.selector in present]
    if not charts:
        return None
    budgets = sorted({point.budget for point in points})
    drawn = list(dict.fromkeys(name for names, _ in charts.values() for name in names))

    stacked = [(title, names, own) for title, (names, own) in charts.items()]
    return Figure(
        name="comparisons",
        title="Three questions.",
        description="Mean score over training seeds against the number of pairs selected, of the selectors that answer "
        "the question, with intervals.",
        panels={title: on_page(names, names[-1], budgets, own) for title, (names, own) in charts.items()},
        paper=panels(
            [asdict(point) | {"metric": title} for title, _, own in stacked for point in own],
            chart(drawn, "gdig", budgets, intervals=have_intervals(points)),
            len(shown) if len(shown) > 1 else 3,
        ),
        header=["question", "selector", "pairs", "mean", "low", "high"],
        rows=[
            (
                title,
                [
                    point.name,
                    f"{point.budget:,}",
                    *("" if value is None else f"{value:.2f}" for value in (point.mean, point.low, point.high)),
                ],
                False,
            )
            for title, (_, own) in charts.items()
            for point in own
        ],
        note="The questions of Figures 2 to 4 of Pan et al. 2024, with the pairs and models of this run.",
        legend=selector_legend(drawn),
        columns=3,
    )


def _metrics(points: Sequence[Point], test_sets: Collection[str]) -> list[str]:
    """Return the paper's metrics that are measured: those of each test set where there are several."""
    of_sets = [f"_{name}" for name in test_sets] if len(test_sets) > 1 else [""]
    wanted = [title_of(metric + of_set) for of_set in of_sets for metric in ("comet", "bleu", "bleurt")]
    measured = {point.metric for point in points}
    return [title for title in wanted if title in measured] or [points[0].metric]
