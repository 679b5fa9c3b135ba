import pytest

from gdig.report.charts.efficiency import efficiency_figure
from tests.report.sections.test_efficiency import POINTS, section, survey


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
    assert min(value["sdf"] for value in area["data"]["values"]) == 0.2
    for value in area["data"]["values"]:
        line = 0.49 + 2 * (value["sdf"] - 0.2)
        low, high = chart["layer"][-1]["encoding"]["y"]["scale"]["domain"]
        assert value["from"] == pytest.approx(0.49)
        assert value["to"] == pytest.approx(min(high, max(low, line)), abs=1e-5)
