import statistics

import pytest

from gdig.report.efficiency.compare import Cell, as_metrics, compare, measure


def cell(bleu, sentences, num_pairs):
    """Two training seeds: of the second, scores are a tenth higher."""
    return Cell(
        {1: {"bleu": bleu}, 2: {"bleu": 1.1 * bleu}},
        {seed: dict(zip("abcd", sentences, strict=True)) for seed in (1, 2)},
        num_pairs,
    )


FULL = Cell({1: {"bleu": 40.0}, 2: {"bleu": 40.0}}, {seed: dict.fromkeys("abcd", 50.0) for seed in (1, 2)}, 1000)
CELLS = {
    ("random", 10): cell(10.0, [10, 10, 10, 10], 10),
    ("random", 100): cell(20.0, [10, 50, 10, 60], 100),
    ("mine", 10): cell(24.0, [10, 50, 60, 60], 10),
    ("mine", 100): cell(30.0, [60, 50, 60, 50.5], 100),
}


def test_pir_is_taken_seed_by_seed_against_the_full_pool():
    measured = measure(CELLS, FULL, ["bleu"], 1.0)
    mine = measured[3]
    assert (mine.selector, mine.sdf) == ("mine", 0.1)
    assert mine.pir["bench"] == pytest.approx([0.75, 0.825])
    assert mine.pir["wins"] == [1.5, 1.5]
    assert (mine.outcome.num_wins, mine.outcome.num_losses, mine.outcome.num_ties) == (4, 0, 4)
    assert mine.by_setting == {"bleu": pytest.approx(0.7875)}
    assert mine.point("bench").pir == pytest.approx(0.7875)
    assert mine.point("bench").sd == pytest.approx(statistics.stdev([0.75, 0.825]))


def test_without_a_metric_there_is_no_bench_and_nothing_is_made_up():
    measured = measure(CELLS, FULL, [], 1.0)
    assert measured[0].point("bench") is None
    assert compare(measured, "bench", "random", is_log=True) is None
    assert compare(measured, "wins", "random", is_log=True)


def test_other_training_seeds_are_refused():
    with pytest.raises(ValueError, match=r"mine at 10 pairs was trained with seeds \[1\], the full pool with \[1, 2\]"):
        measure({("mine", 10): Cell({1: {"bleu": 1.0}}, {}, 10)}, FULL, ["bleu"], 1.0)


def test_the_baseline_is_random_choice_or_the_two_anchors_or_says_why_not():
    measured = measure(CELLS, FULL, ["bleu"], 1.0)
    found = compare(measured, "bench", "random", is_log=True)
    assert [found.baseline.at(sdf) for sdf in (0.01, 0.1)] == pytest.approx([0.2625, 0.525])
    assert found.baseline.anchor.sdf == 0.1
    missing = compare(measured, "bench", "anchors", is_log=True)
    assert missing.baseline is None
    assert "instruction_mining is not among the selectors" in missing.no_baseline
    one_budget = compare(
        measure({("random", 10): CELLS["random", 10]}, FULL, ["bleu"], 1.0), "bench", "random", is_log=True
    )
    assert "a line needs two" in one_budget.no_baseline
    renamed = {
        ("instruction_mining" if name == "random" else "instructiongpt4", budget): own
        for (name, budget), own in CELLS.items()
    }
    anchored = compare(measure(renamed, FULL, ["bleu"], 1.0), "bench", "anchors", is_log=False)
    # Least squares of all four: at each of two fractions it goes through the mean.
    assert anchored.baseline.at(0.01) == pytest.approx((0.2625 + 0.63) / 2)
    assert anchored.baseline.at(0.1) == pytest.approx((0.525 + 0.7875) / 2)
    assert anchored.baseline.anchor.selector == "instruction_mining"


def test_metrics_by_selector_and_budget():
    measured = measure(CELLS, FULL, ["bleu"], 1.0)
    forms = {form: compare(measured, form, "random", is_log=True) for form in ("bench", "wins")}
    found = as_metrics(measured, forms)
    assert found["random"]["b0010"]["ceff_bench"] == pytest.approx(0, abs=1e-12)
    assert found["mine"]["b0010"]["ceff_bench"] == pytest.approx(0.63 - 0.2625)
    assert found["mine"]["b0010"]["pir_wins"] == {"mean": 1.25, "sd": 0.0}
    assert found["mine"]["b0010"]["pir_of"] == {"bleu": pytest.approx(0.63)}
    assert set(found["mine"]) == {"b0010", "b0100", "curve_bench", "curve_wins"}
    assert not forms["bench"].crossings
    assert forms["bench"].num_rivals == 1
