import pytest

from gdig.report.sections.significance import significance_section
from tests.report.sections.test_data import Tables


def entry(difference, p, *, holds):
    return {
        "difference": difference, "seeds_won": 3 if difference > 0 else 0, "low": difference - 1,
        "high": difference + 1, "p": p, "p_holm": 2 * p, "holds": holds, "p_sacrebleu": {"seed-1": p},
    }  # fmt: skip


def result(num_budgets):
    over = {"budgets_won": 2, "num_budgets": 2, "t": 9.0, "p": 1.6e-08, "p_holm": 3.2e-08, "holds": True}
    none = {"budgets_won": 0, "num_budgets": 2, "t": None, "p": None, "p_holm": None, "holds": None}
    one = {
        "<gdig>": {"bleu": entry(4.5, 0.001, holds=True), "valid_loss": {"difference": -0.25, "seeds_won": 3}},
        "full": {"bleu": entry(-0.123, 0.4, holds=False), "valid_loss": {"difference": 0.0, "seeds_won": 0}},
    }
    return {
        "baseline": "random",
        "confidence": 0.95,
        "num_samples": 1000,
        "seed": 1,
        "replicates": {"random": {"b1": {"bleu": {"n": 3, "mean": 1.0, "sd": 0.1, "low": 0.9, "high": 1.1}}}},
        "against_baseline": {f"b{number}": one for number in range(num_budgets)},
        "over_budgets": {"<gdig>": {"bleu": over, "valid_loss": none}},
    }


def section(num_budgets):
    budgets = {f"b{number}": 64 + number for number in range(num_budgets)}
    return significance_section(result(num_budgets), budgets, ["full", "random", "<gdig>"], "<gdig>", {})


def test_one_table_per_budget_and_one_over_budgets():
    html = section(2)
    found = Tables(html)
    assert found.titles == ["Significance", "Budget 64", "Budget 65", "Over budgets"]
    assert found.tables == [
        *[[
            ["selector", "BLEU", "95% interval", "p", "p, Holm", "valid loss"],
            ["full pool", "-0.12 (0)", "-1.12 to +0.88", "0.4", "0.8", "+0.00 (0)"],
            ["<gdig>", "+4.50 (3) *", "+3.50 to +5.50", "0.001", "0.002", "-0.25 (3)"],
        ]] * 2,
        [["selector", "BLEU", "valid loss"], ["<gdig>", "2 of 2, p 3.2e-08 *", "0 of 2, no test"]],
    ]  # fmt: skip
    assert html.count("class=focus") == 3
    assert "3 training seeds" in html
    assert "<gdig>" not in html


def test_one_budget_has_no_test_over_budgets():
    html = section(1)
    assert len(Tables(html).tables) == 1
    assert "the t-test over budgets needs two" in html


def test_learned_metrics_are_shown_as_the_paper_does():
    found = result(1)
    for metrics in found["against_baseline"]["b0"].values():
        metrics["comet_wmt22"] = entry(0.0123, 0.01, holds=True)
    html = significance_section(found, {"b0": 64}, ["<gdig>"], "<gdig>", {})
    header, row = Tables(html).tables[0]
    assert row[header.index("COMET wmt22")] == "+1.23 (3) *"
    assert "-98.77 to +101.23" in row


def test_reported_p_values_stand_beside_ours_where_the_baseline_is_random():
    budgets = {"b0": 64, "b1": 65}
    html = significance_section(result(2), budgets, ["<gdig>"], "<gdig>", {"bleu": 1.6e-08})
    assert Tables(html).tables[-1][-1] == ["G-DIG (reported)", "p 1.6e-08", "–"]
    assert html.count("class=reported") == 1
    other = significance_section(result(2) | {"baseline": "loss"}, budgets, ["<gdig>"], "<gdig>", {"bleu": 1.6e-08})
    assert "reported" not in other


@pytest.mark.parametrize(("confidence", "level"), [(0.9, "90%"), (0.995, "99.5%")])
def test_the_confidence_level_is_shown(confidence, level):
    html = significance_section(result(1) | {"confidence": confidence}, {"b0": 64}, ["<gdig>"], "<gdig>", {})
    assert f"{level} interval" in html
