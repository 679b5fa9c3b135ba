from gdig.report.gains.cells import cells_of
from gdig.report.outlook import nearest_rate, outlook_text

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
    text = outlook_text(CLEANLINESS, {"embedded": cells(0.0, 0.1, 0.5)}, "gdig_joint")
    assert "<strong>12% noisy</strong> (8% to 15%)" in text
    assert "embedded, 10% noise, 256 pairs" in text
    assert "50% noise" not in text
    assert "+4.0 [+4.0, +4.0]" in text
    assert "+3.0 [+3.0, +3.0]" in text


def test_without_evidence_of_the_selector_noise_alone_and_without_an_estimate_nothing():
    text = outlook_text(CLEANLINESS, {"embedded": cells(0.1)}, "mods")
    assert "12% noisy" in text
    assert "<table" not in text
    assert not outlook_text(None, {"embedded": cells(0.1)}, "gdig_joint")


def test_of_two_rates_as_near_the_lower_is_taken():
    assert nearest_rate(cells(0.25, 0.75), 0.5) == 0.25
