from gdig.report.charts.loss_curves import count_steps, curves_figure, read_curves
from gdig.training.run import write_curves


def curves(path):
    record = {"losses": [[1, 3.0, 0.1], [2, 2.0, 0.1]], "valid_losses": [[2, 2.5]]}
    other = {"losses": [[1, 4.0, 0.1], [2, 3.0, 0.1]], "valid_losses": [[2, 1.5]]}
    write_curves(path, {1: record, 2: other})
    return read_curves(path)


def test_one_panel_per_budget_with_the_means_of_both_losses(tmp_path):
    figure = curves_figure("gdig", {"64": curves(tmp_path / "64.csv"), "256": curves(tmp_path / "256.csv")})
    assert list(figure.panels) == ["64 pairs", "256 pairs"]
    assert "G-DIG" in figure.title
    assert figure.panels["64 pairs"]["data"]["values"] == [
        {"step": 1, "of": "training", "loss": 3.5},
        {"step": 2, "of": "training", "loss": 2.5},
        {"step": 2, "of": "validation", "loss": 2.0},
    ]
    assert figure.rows == [(f"{n} pairs", ["2", "validation", "2.0000"], False) for n in (64, 256)]


def test_steps_of_all_seeds_are_counted(tmp_path):
    assert count_steps(curves(tmp_path / "64.csv")) == 4
