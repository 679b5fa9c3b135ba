from gdig.report.charts.overlap import overlap_figure
from tests.report.efficiency.test_overlap import positions


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
