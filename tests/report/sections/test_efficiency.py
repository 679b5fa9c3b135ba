"""The section of the survey's comparison, with points by hand."""

import re

import pytest

from gdig.report.charts.efficiency import curves_figure, efficiency_figure
from gdig.report.efficiency.compare import FORMS, Cell, compare, measure
from gdig.report.efficiency.survey import Survey
from gdig.report.sections.efficiency import efficiency_section

FULL = Cell({1: {"bleu": 50.0, "bleurt": -0.2}}, {1: dict.fromkeys("abcd", 50.0)}, 1000)


def survey(bleu, *, baseline="random", is_log=False, is_best=True):
    """Of each selector, BLEU by budget; each sentence is lost."""
    cells = {
        (name, budget): Cell({1: {"bleu": value, "bleurt": 0.1}}, {1: dict.fromkeys("abcd", 10.0)}, budget)
        for name, values in bleu.items()
        for budget, value in values.items()
    }
    measured = measure(cells, FULL, ["bleu"], 1.0)
    return Survey(
        measured=measured,
        comparisons={form: compare(measured, form, baseline, is_log=is_log) for form in FORMS},
        settings=["bleu"],
        left_out={"bleurt": "it can be negative"},
        tie_margin=1.0,
        is_log=is_log,
        is_best=is_best,
    )


# The baseline of random choice is 0.1 + 2 SDF.
POINTS = {"random": {100: 15.0, 200: 25.0}, "gdig": {100: 30.0, 200: 29.0}, "<new>": {100: 14.0, 200: 24.5}}


def section(found, focus="gdig"):
    return efficiency_section(found, curves_figure(found, focus), efficiency_figure(found, focus), focus)


def test_the_page_says_what_is_left_out_and_that_two_budgets_are_too_few():
    page = section(survey(POINTS))
    assert "Left out of the mean ratio: BLEURT, since it can be negative." in page
    assert "With 2 budgets neither" in page
    assert "baseline 0.100 +2.000 SDF" in page
    assert "&lt;new&gt;" in page
    assert "<new>" not in re.sub("<script.*?</script>", "", page, flags=re.DOTALL)


def test_ceff_and_verdicts_stand_in_the_tables():
    found = survey(POINTS)
    best = {own.point.selector: own for own in found.efficiencies(found.comparisons["bench"])}
    assert best["gdig"].point.budget == 100
    assert best["gdig"].ceff == pytest.approx(0.6 - 0.3)
    assert best["<new>"].ceff == pytest.approx(0.49 - 0.5)
    page = section(found)
    assert "+0.300" in page
    assert "better" in page


def test_incomparable_is_said_plainly():
    # Both below the baseline; from one to the other the slope is 0.2, within 0 and 2.
    page = section(survey({"random": {100: 15.0, 200: 25.0}, "a": {100: 10.0}, "b": {200: 11.0}}))
    assert page.count("<td>incomparable</td>") == 2


def test_without_a_baseline_the_page_says_why():
    found = survey({"gdig": {100: 30.0}})
    assert efficiency_figure(found, "gdig") is None
    assert "random is not among the selectors" in section(found)
    assert "instruction_mining is not among" in section(survey(POINTS, baseline="anchors"))
