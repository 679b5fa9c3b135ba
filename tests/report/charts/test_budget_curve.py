import json
from dataclasses import asdict

import pytest
import vl_convert

from gdig.report.charts.budget_curve import budget_figure, template
from gdig.report.charts.draw import svg
from gdig.report.display import STYLES
from tests.conftest import ROOT
from tests.report.test_dvc_files import POINTS


def test_the_figure_has_one_panel_per_metric_and_equal_bytes_each_time():
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
    """DVC reads CSV as strings and adds the revision to each row."""
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
