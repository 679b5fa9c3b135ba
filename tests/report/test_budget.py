import csv
import json
from dataclasses import asdict

import pytest
import vl_convert

from gdig.report.budget import budget_figure
from gdig.report.budget_chart import template
from gdig.report.budget_points import points_of, to_csv
from gdig.report.comparisons import comparison_figure
from gdig.report.draw import svg
from gdig.report.selectors import STYLES, styles_of
from tests.conftest import ROOT


def entry(bleu, comet):
    return {"bleu": {"mean": bleu, "sd": 1.0}, "comet": {"mean": comet, "sd": 0.1}, "num_pairs": 64}


METRICS = {
    "random": {"b0064": entry(10.0, 0.5), "b0128": entry(12.0, 0.6)},
    "gdig": {"b0064": entry(30.0, 0.7), "b0128": entry(35.0, 0.8)},
    "full": {"b0064": entry(40.0, 0.9), "b0128": entry(40.0, 0.9)},
}
BUDGETS = {"b0064": 64, "b0128": 128}
INTERVALS = {"gdig": {"b0064": {"comet": {"low": 0.65, "high": 0.75}}}}
POINTS = points_of(METRICS, BUDGETS, INTERVALS)


def test_rows_for_dvc_plots_are_as_the_report_shows_them(tmp_path):
    rows = list(csv.DictReader(to_csv(POINTS).splitlines()))
    assert len(rows) == 3 * 2 * 2
    assert rows[2] == {"selector": "gdig", "name": "G-DIG", "metric": "COMET", "budget": "64", "mean": "70.0",
                       "low": "65.0", "high": "75.0"}  # fmt: skip
    assert (rows[-2]["selector"], rows[-2]["metric"], rows[-2]["low"]) == ("full", "BLEU", "")


def test_the_figure_has_a_panel_a_metric_and_equal_bytes_each_time():
    figure = budget_figure(POINTS, "gdig", 0.95)
    assert list(figure.panels) == ["COMET", "BLEU"]
    drawn = svg(figure.paper)
    assert svg(budget_figure(POINTS, "gdig", 0.95).paper) == drawn
    for seen in ("COMET", "BLEU", "G-DIG", "full pool", "pairs selected", STYLES["gdig"].colour):
        assert seen in drawn
    assert "MoDS" not in drawn


def test_the_committed_template_is_up_to_date():
    assert json.loads((ROOT / ".dvc" / "plots" / "budget_curve.json").read_text()) == template(), "run `make figures`"


@pytest.mark.parametrize("version", ["5.8", "6.4"])
def test_the_template_draws_revisions_of_strings_and_names_what_is_there(version):
    """DVC reads CSV as strings, and marks each row with its revision."""
    rows = [
        {key: "" if value is None else str(value) for key, value in asdict(point).items()} | {"rev": revision}
        for revision in ("main", "workspace")
        for point in POINTS
    ]
    filled = json.dumps(template()).replace('"<DVC_METRIC_DATA>"', json.dumps(rows))
    drawn = vl_convert.vegalite_to_svg(filled, vl_version=version)
    for once in ("random", "G-DIG", "full pool", "main", "workspace", "COMET", "BLEU"):
        assert drawn.count(f">{once}<") == 1
    assert "MoDS" not in drawn
    assert drawn.count('stroke-dasharray="4,2"') >= 4


def test_colours_and_markers_differ_and_do_not_depend_on_the_others():
    assert styles_of(["gdig"])["gdig"] == styles_of(["new", "gdig"])["gdig"]
    styles = styles_of([*STYLES, "new", "newer"])
    assert len({style.colour for style in styles.values()}) == len(styles)
    assert styles["new"].label == "new"


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
