"""The section and figures of the survey's comparison, of points by hand."""

import re

import pytest

from gdig.report.efficiency.compare import FORMS, Cell, compare, measure
from gdig.report.efficiency_charts import curves_figure, efficiency_figure
from gdig.report.efficiency_section import efficiency_section
from gdig.report.rankings import overlap_figure, quality_section
from gdig.report.survey import Survey
from tests.report.efficiency.test_overlap import positions

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


def test_what_is_left_out_and_what_two_budgets_cannot_tell_is_said():
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


def test_each_budget_by_itself_has_no_area():
    found = survey(POINTS, is_best=False)
    assert len(found.efficiencies(found.comparisons["bench"])) == 6
    figure = efficiency_figure(found, "gdig")
    assert not [
        layer for chart in figure.panels.values() for layer in chart["layer"] if layer["mark"]["type"] == "area"
    ]
    assert "Who can be compared" not in section(found)


def test_the_shaded_area_lies_between_its_two_lines_and_within_the_axis():
    chart = efficiency_figure(survey(POINTS), "<new>").panels["PIR by test scores"]
    (area,) = [layer for layer in chart["layer"] if layer["mark"]["type"] == "area"]
    # The point (0.2, 0.49) is below the baseline: between the horizontal and slope 2.
    for value in area["data"]["values"]:
        line = 0.49 + 2 * (value["sdf"] - 0.2)
        low, high = chart["layer"][-1]["encoding"]["y"]["scale"]["domain"]
        assert value["from"] == pytest.approx(0.49)
        assert value["to"] == pytest.approx(min(high, max(low, line)), abs=1e-5)


def test_without_a_baseline_the_page_says_why():
    found = survey({"gdig": {100: 30.0}})
    assert efficiency_figure(found, "gdig") is None
    assert "random is not among the selectors" in section(found)
    assert "instruction_mining is not among" in section(survey(POINTS, baseline="anchors"))


def test_heat_maps_have_every_two_selectors_and_numbers_where_they_fit():
    rankings = {"random": positions(0, 1, 2, 3), "gdig": positions(3, 2, 1, 0)}
    figure = overlap_figure(rankings, [1, 3], 4)
    assert list(figure.panels) == ["Same pairs of 1", "Same pairs of 3", "Rank correlation"]
    values = figure.panels["Rank correlation"]["data"]["values"]
    assert [(v["one"], v["other"], v["value"], v["sign"]) for v in values] == [
        ("random", "G-DIG", -1.0, "the other way round"), ("G-DIG", "random", -1.0, "the other way round")
    ]  # fmt: skip
    assert figure.rows == [("random, G-DIG", ["0.000", "0.500", "-1.000"], False)]
    assert len(figure.panels["Rank correlation"]["layer"]) == 2
    many = {f"s{n}": positions(0, 1) for n in range(12)}
    assert len(overlap_figure(many, [1], 4).panels["Rank correlation"]["layer"]) == 1
    assert overlap_figure({"gdig": positions(0)}, [1], 4) is None


def test_ranking_quality_is_shown_where_noise_was_planted():
    kinds = {"a": "clean", "b": "shuffled", "c": "clean", "d": "shuffled"}
    page = quality_section({"gdig": ["a", "b", "c"]}, kinds, {"b0001": 1, "b0002": 2})
    assert "<td>0.750</td><td>100.0%</td><td>50.0%</td>" in page
    assert "Noise kept out at 2 pairs" in page
    assert quality_section({}, None, {"b0001": 1}) == ""
