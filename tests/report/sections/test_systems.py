from gdig.report.paper import NOTHING, reported
from gdig.report.sections.systems import systems_section
from tests.report.sections.test_data import Tables


def entry(comet, loss, pairs):
    scores = {"bleu": 20.0, "bleu_flores101": 30.0, "bleu_wmt22": 10.123, "comet": 0.5, "comet_flores101": 0.75}
    values = scores | {"comet_wmt22": comet, "valid_loss": loss}
    return {key: {"mean": value, "sd": 0.1} for key, value in values.items()} | {"num_pairs": pairs}


METRICS = {
    "random": {"b1": entry(0.71, 2.0, 1000), "b2": entry(0.72, 1.5, 2000)},
    "gdig": {"b1": entry(0.731, 1.0, 1000), "b2": entry(0.8, 1.4, 2000)},
}
BUDGETS = {"b1": 1000, "b2": 2000}
SYSTEM = {"left_out": ["flores101"], "scores": {"bleu_wmt22": 33.333, "comet_wmt22": 0.8556, "empty_share": 0.0}}
PAPER = reported("de-en", {"wmt22": None, "flores101": None})


def section(systems, paper):
    return systems_section(METRICS, BUDGETS, {"systems": systems}, paper, "gdig")


def test_rows_of_systems_reported_numbers_and_selectors_at_their_best_budget():
    html = section({"<Moses>": SYSTEM}, PAPER)
    found = Tables(html)
    header, *rows = found.tables[0]
    assert header == ["system", "pairs", "COMET flores101", "BLEU flores101", "COMET wmt22", "BLEU wmt22"]
    assert rows[0] == ["<Moses>", "–", "–", "–", "85.56", "33.33"]
    assert ["Bayling-13B (reported)", "–", "–", "–", "83.02", "27.34"] in rows
    names = [row[0] for row in rows]
    assert names[-4:] == ["random", "random (reported)", "G-DIG", "G-DIG (reported)"]
    assert rows[-4] == ["random", "2,000", "75.00", "30.00", "72.00", "10.12"]
    # 2,000 pairs have more COMET, but it is the validation loss that chooses.
    assert rows[-2] == ["G-DIG", "1,000", "75.00", "30.00", "73.10", "10.12"]
    assert rows[-1] == ["G-DIG (reported)", "–", "88.59", "39.97", "83.28", "28.99"]
    assert found.tables[1][1] == ["<Moses>", "flores101"]


def test_reported_rows_are_grey_and_no_other():
    html = section({}, PAPER)
    rows = [line for line in html.splitlines() if "<tr" in line and "<td>" in line]
    assert {"(reported)" in row for row in rows} == {True, False}
    assert all(("class=reported" in row) == ("(reported)" in row) for row in rows)
    assert "arXiv 2405.12915, Table 1" in html


def test_without_systems_and_reported_numbers_there_is_no_section():
    assert section({}, NOTHING) == ""
    assert "reported" not in section({"own": SYSTEM}, NOTHING)
