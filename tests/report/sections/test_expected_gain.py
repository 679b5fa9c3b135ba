from gdig.report.gains.cells import cells_of
from gdig.report.sections.expected_gain import expected_gain_section, nearest_rate

CLEANLINESS = {"noise": {"share": 0.12, "low": 0.08, "high": 0.15}, "controls": {"auc": 0.98}}


def cells(*rates):
    gains = {"random": 10.0, "base_loss": 11.0, "gdig_joint": 14.0}
    return cells_of(
        [
            {"rate": rate, "kind": "all", "selector": name, "budget": 256, "pool": pool, "seed": 1,
             "bleu": score + 10 * rate + pool}
            for rate in rates for name, score in gains.items() for pool in (1, 2)
        ],
        "bleu",
    )  # fmt: skip


def test_noise_and_the_gains_on_pools_nearest_to_it():
    text = expected_gain_section(CLEANLINESS, {"embedded": cells(0.0, 0.1, 0.5)}, "gdig_joint")
    assert "<strong>8% to 15%</strong> of this pool look like noise, 12% if one must say" in text
    assert "embedded, 10% noise, 256 pairs" in text
    assert "50% noise" not in text
    assert "+4.0 [+4.0, +4.0]" in text
    assert "+3.0 [+3.0, +3.0]" in text


def test_without_evidence_only_the_noise_is_shown_and_without_an_estimate_nothing():
    text = expected_gain_section(CLEANLINESS, {"embedded": cells(0.1)}, "mods")
    assert "12% if one must say" in text
    assert "<table" not in text
    assert not expected_gain_section(None, {"embedded": cells(0.1)}, "gdig_joint")


def test_the_lower_of_two_equally_near_rates_is_taken():
    assert nearest_rate(cells(0.25, 0.75), 0.5) == 0.25
