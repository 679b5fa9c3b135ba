from gdig.report.charts.comparisons import comparison_figure
from gdig.report.dvc_files import points_of
from tests.report.test_dvc_files import BUDGETS, METRICS


def test_comparisons_are_of_the_papers_metrics_of_each_test_set():
    metrics = {
        name: {
            key: values | {"comet_flores": values["comet"], "comet_wmt": values["comet"]}
            for key, values in budgets.items()
        }
        for name, budgets in METRICS.items()
    }
    points = points_of(metrics, BUDGETS, {})
    assert list(comparison_figure(points, ["wmt", "flores"]).panels) == [
        "G-DIG against random choice: COMET wmt", "G-DIG against random choice: COMET flores"
    ]  # fmt: skip
    one = comparison_figure(points, ["wmt"])
    assert list(one.panels) == ["G-DIG against random choice: COMET", "G-DIG against random choice: BLEU"]
    shown = one.panels["G-DIG against random choice: BLEU"]["data"]["values"]
    assert {(point["selector"], point["metric"]) for point in shown} == {("random", "BLEU"), ("gdig", "BLEU")}
