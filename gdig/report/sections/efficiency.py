"""Comparison of the selectors of this run as in the survey (arXiv 2406.14115)."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from gdig.report.charts.figure import Figure
from gdig.report.display import label_of, title_of
from gdig.report.efficiency.compare import FORMS, Comparison, Measured
from gdig.report.efficiency.curve import Departures
from gdig.report.efficiency.plane import verdicts
from gdig.report.efficiency.survey import Survey
from gdig.report.render import Row, Table, render

_ENOUGH_BUDGETS = 3
_NONE = "–"


def efficiency_section(survey: Survey, curves: Figure | None, plane: Figure | None, focus: str) -> Markup:
    """Return PIR, efficiency curves, the survey's assumptions about curves, and conditional efficiency.

    Args:
        survey: the measured values.
        curves: efficiency curves, from `gdig.report.charts.efficiency`.
        plane: conditional efficiency, from there too.
        focus: selector whose rows are stressed.
    """
    shown = survey.shown()
    return render(
        "efficiency.html.j2",
        survey=survey,
        curves=curves,
        pir=_pir_table(survey, focus),
        num_budgets=len({own.budget for own in survey.measured}),
        enough_budgets=_ENOUGH_BUDGETS,
        fits=_fits_table(survey, focus),
        crossings=[_crossings(title, own) for title, own in shown.items() if own.num_rivals],
        shown=shown,
        plane=plane,
        efficiencies=_efficiency_table(survey, focus),
        verdicts=_verdict_tables(survey) if survey.is_best else {},
    )


def _pir_table(survey: Survey, focus: str) -> Table:
    header = ["selector", "pairs", "SDF", "PIR by scores", *map(title_of, survey.settings), "PIR by wins",
              "won / tied / lost"]  # fmt: skip
    rows: list[Row] = [
        (
            label_of(own.selector),
            [
                f"{own.budget:,}",
                f"{own.sdf:.2%}",
                _mean_and_sd(own, "bench"),
                *(f"{own.by_setting[key]:.3f}" for key in survey.settings),
                _mean_and_sd(own, "wins"),
                f"{own.outcome.num_wins:,} / {own.outcome.num_ties:,} / {own.outcome.num_losses:,}",
            ],
            own.selector == focus,
        )
        for own in survey.measured
    ]
    return Table(header, rows, label="PIR of selectors")


def _mean_and_sd(own: Measured, form: str) -> str:
    point = own.point(form)
    if not point:
        return _NONE
    return f"{point.pir:.3f}" + ("" if point.sd is None else f" ± {point.sd:.3f}")


def _fits_table(survey: Survey, focus: str) -> Table:
    rows: list[Row] = []
    for form, title in FORMS.items():
        comparison = survey.comparisons[form]
        for selector, curve in comparison.fits.items() if comparison else ():
            assert comparison
            rows.append(
                (
                    label_of(selector),
                    [
                        title,
                        *((f"{curve.intercept:.3f}", f"{curve.slope:.3f}") if curve else (_NONE, _NONE)),
                        f"{curve.r2:.3f}" if curve and curve.r2 is not None else _NONE,
                        _count(comparison.falls[selector]),
                        _count(comparison.bends[selector]),
                    ],
                    selector == focus,
                )
            )
    return Table(["selector", "PIR", "a", "b", "R²", "falls", "upward turns"], rows, label="Efficiency curves")


def _count(found: Departures) -> str:
    return f"{found.found}" if found.sure is None or not found.found else f"{found.found} ({found.sure})"


def _crossings(title: str, comparison: Comparison) -> dict[str, Any]:
    """Return how many selectors cross, and the table of those that do."""
    rows: list[Row] = [
        (
            f"{label_of(own.one)}, {label_of(own.other)}",
            [_count(own.measured), _NONE if own.fitted_at is None else f"{own.fitted_at:.2%}"],
            False,
        )
        for own in comparison.crossings
    ]
    header = ["pair", "crossings between budgets", "fitted curves cross at SDF"]
    text = f"{title}: {len(comparison.crossings)} of {comparison.num_rivals} pairs of selectors cross"
    return {"text": text, "table": Table(header, rows, label=f"Crossings, {title}") if rows else None}


def _efficiency_table(survey: Survey, focus: str) -> Table:
    rows: list[Row] = [
        (
            label_of(own.point.selector),
            [
                title.removeprefix("PIR "),
                f"{own.point.budget:,}",
                f"{own.point.sdf:.2%}",
                f"{own.point.pir:.3f}",
                *(f"{value:+.3f}" for value in (own.ceff, own.distance, own.printed_distance)),
            ],
            own.point.selector == focus,
        )
        for title, comparison in survey.shown().items()
        for own in survey.efficiencies(comparison)
    ]
    header = ["selector", "PIR", "pairs", "SDF", "mean", "CEff", "CEff cos θ", "CEff sin θ"]
    return Table(header, rows, label="Conditional efficiency")


def _verdict_tables(survey: Survey) -> dict[str, Table]:
    found = {}
    for title, comparison in survey.shown().items():
        if comparison.baseline and len(points := comparison.best()) > 1:
            names = [point.selector for point in points]
            found[title] = _matrix(names, verdicts(points, comparison.baseline), title)
    return found


def _matrix(names: Sequence[str], found: Mapping[tuple[str, str], str], title: str) -> Table:
    rows: list[Row] = [(label_of(one), [found.get((one, other), "") for other in names], False) for one in names]
    return Table(["selector", *map(label_of, names)], rows, label=f"Comparable selectors, {title}")
