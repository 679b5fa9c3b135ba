from gdig.report.charts.reliability import reliability_figure

BINS = [
    {"predicted": 0.02, "sound": 0.05, "weight": 0.25},
    {"predicted": 0.5, "sound": 0.3, "weight": 0.25},
    {"predicted": 1.0, "sound": 1.0, "weight": 0.5},
]


def test_every_bin_has_a_point_a_row_and_its_share_of_the_error():
    figure = reliability_figure(BINS)
    assert [row[0] for row in figure.rows] == ["0.0 to 0.1", "0.5 to 0.6", "0.9 to 1.0"]
    assert figure.rows[1][1] == ["0.500", "0.300", "25.0%"]
    assert figure.panels[""]["layer"][1]["data"]["values"] == BINS
    assert "0.058" in figure.note
