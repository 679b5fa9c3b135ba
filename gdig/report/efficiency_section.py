"""The survey's comparison of the selectors of this run: a section of the report."""

from collections.abc import Mapping, Sequence
from html import escape

from gdig.report.efficiency.compare import FORMS, Comparison, Measured
from gdig.report.efficiency.curve import Departures
from gdig.report.efficiency.plane import verdicts
from gdig.report.figure import Figure, figure_html
from gdig.report.metrics import title_of
from gdig.report.selectors import label_of
from gdig.report.survey import Survey
from gdig.report.table import table

_ENOUGH_BUDGETS = 3
_NONE = "–"


def efficiency_section(survey: Survey, curves: Figure | None, plane: Figure | None, focus: str) -> str:
    """Return PIR, efficiency curves, what is assumed of them, and conditional efficiency.

    Args:
        survey: what was measured.
        curves: of `gdig.report.efficiency_charts`.
        plane: likewise.
        focus: selector whose rows are stressed.
    """
    parts = [
        "<h2>Comparison of selectors (survey)</h2>",
        "<p>As Liu et al. 2024 (arXiv 2406.14115) compare published work: PIR is the score of the models trained on "
        "the selected pairs over that of the models trained on all pairs, SDF the share of the pool that is selected. "
        f"By test scores it is the mean ratio {_settings(survey)}; by sentences won it is 1 + (wins - losses) / "
        f"sentences, by chrF of each sentence with differences of up to {survey.tie_margin:g} as ties. Both are taken "
        "against the full-pool model of the same training seed. Nothing that was not measured is filled in.</p>",
    ]
    parts += [f"<p>Left out of the mean ratio: {_left_out(survey.left_out)}.</p>"] if survey.left_out else []
    parts += [figure_html(curves)] if curves else []
    parts += ["<h3>PIR</h3>", _pir_table(survey, focus)]
    parts += ["<h3>What the survey assumes of curves</h3>", _assumptions(survey, focus)]
    parts += ["<h3>Conditional efficiency</h3>", *map(_no_baseline, survey.shown().items())]
    if plane:
        parts += [figure_html(plane), _efficiency_table(survey, focus)]
        parts += [_verdict_tables(survey)] if survey.is_best else []
    return "\n".join(parts)


def _settings(survey: Survey) -> str:
    if not survey.settings:
        return "(there is no metric that a ratio can be taken of)"
    return f"of {', '.join(escape(title_of(key)) for key in survey.settings)}"


def _left_out(left_out: Mapping[str, str]) -> str:
    return "; ".join(f"{escape(title_of(key))}, since {escape(why)}" for key, why in left_out.items())


def _pir_table(survey: Survey, focus: str) -> str:
    header = ["selector", "pairs", "SDF", "PIR by scores", *map(title_of, survey.settings), "PIR by wins",
              "won / tied / lost"]  # fmt: skip
    rows = [
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
    return table(header, rows, label="PIR of selectors")


def _mean_and_sd(own: Measured, form: str) -> str:
    point = own.point(form)
    if not point:
        return _NONE
    return f"{point.pir:.3f}" + ("" if point.sd is None else f" ± {point.sd:.3f}")


def _assumptions(survey: Survey, focus: str) -> str:
    budgets = {own.budget for own in survey.measured}
    parts = []
    if len(budgets) < _ENOUGH_BUDGETS:
        parts.append(
            f'<p class="note">With {len(budgets)} budget{"s" if len(budgets) > 1 else ""} neither the fit of a curve '
            f"nor whether it is concave can be told: that takes {_ENOUGH_BUDGETS}.</p>"
        )
    header = ["selector", "PIR", "a", "b", "R²", "falls", "upward turns"]
    rows = []
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
    parts += [
        "<p>That PIR = a + b ln SDF rises, ever more slowly (falls and upward turns of the measured points over SDF "
        "itself are counted), and that curves of two selectors never cross. In brackets: how many departures are "
        "beyond two standard errors of the mean over training seeds.</p>",
        table(header, rows, label="Efficiency curves"),
        *(_crossings(title, own) for title, own in survey.shown().items()),
    ]
    return "\n".join(parts)


def _count(found: Departures) -> str:
    return f"{found.found}" if found.sure is None or not found.found else f"{found.found} ({found.sure})"


def _crossings(title: str, comparison: Comparison) -> str:
    if not comparison.num_rivals:
        return ""
    said = f"{escape(title)}: {len(comparison.crossings)} of {comparison.num_rivals} pairs of selectors cross"
    if not comparison.crossings:
        return f"<p>{said}.</p>"
    rows = [
        (
            f"{label_of(own.one)}, {label_of(own.other)}",
            [_count(own.measured), _NONE if own.fitted_at is None else f"{own.fitted_at:.2%}"],
            False,
        )
        for own in comparison.crossings
    ]
    shown = table(
        ["pair", "crossings between budgets", "fitted curves cross at SDF"], rows, label=f"Crossings, {title}"
    )
    return f"<details><summary>{said}</summary>{shown}</details>"


def _no_baseline(titled: tuple[str, Comparison]) -> str:
    title, comparison = titled
    if comparison.baseline:
        line, x = comparison.baseline, "ln SDF" if comparison.baseline.is_log else "SDF"
        return f"<p>{escape(title)}: baseline {line.intercept:.3f} {line.slope:+.3f} {x}.</p>"
    return f'<p class="note">{escape(title)}: there is no baseline; {escape(comparison.no_baseline)}.</p>'


def _efficiency_table(survey: Survey, focus: str) -> str:
    rows = [
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
    best = " The best budget is that of the highest PIR on these very sentences." if survey.is_best else ""
    return (
        "<p>CEff is PIR above the baseline at the same SDF (equation 5). The distance from the baseline is CEff "
        "cos θ; equation 6 prints CEff cos(90° − θ), which is CEff sin θ. Both depend on the units of the axes and "
        f"order selectors as CEff does.{best}</p>"
        + table(
            ["selector", "PIR", "pairs", "SDF", "mean", "CEff", "CEff cos θ", "CEff sin θ"],
            rows,
            label="Conditional efficiency",
        )
    )


def _verdict_tables(survey: Survey) -> str:
    parts = [
        "<h3>Who can be compared with whom</h3><p>Rows against columns, each at its best budget; incomparable: one "
        "stands in the infeasible area of the other.</p>"
    ]
    for title, comparison in survey.shown().items():
        if comparison.baseline and len(points := comparison.best()) > 1:
            found = verdicts(points, comparison.baseline)
            names = [point.selector for point in points]
            parts += [f"<h4>{escape(title)}</h4>", _matrix(names, found, title)]
    return "\n".join(parts)


def _matrix(names: Sequence[str], found: Mapping[tuple[str, str], str], title: str) -> str:
    rows = [(label_of(one), [found.get((one, other), "") for other in names], False) for one in names]
    return table(["selector", *map(label_of, names)], rows, label=f"Comparable selectors, {title}")
