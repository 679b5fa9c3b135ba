import csv

import pytest

from gdig.report.dvc_files import focus, points_of, to_csv


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


def test_rows_for_dvc_plots_have_the_numbers_of_the_page():
    rows = list(csv.DictReader(to_csv(POINTS).splitlines()))
    assert len(rows) == 3 * 2 * 2
    assert rows[2] == {"selector": "gdig", "name": "G-DIG", "metric": "COMET", "budget": "64", "mean": "70.0",
                       "low": "65.0", "high": "75.0"}  # fmt: skip
    assert (rows[-2]["selector"], rows[-2]["metric"], rows[-2]["low"]) == ("full", "BLEU", "")


def test_focus_has_the_gain_over_the_baseline():
    found = focus(METRICS, "gdig", "random")
    assert found["b0064"]["gain"] == {"bleu": 20.0, "comet": pytest.approx(0.2)}
    assert found["b0064"]["bleu"] == METRICS["gdig"]["b0064"]["bleu"]
