import pytest

from gdig.report.gains.cells import cells_of
from gdig.report.gains.intervals import Interval, gain_text
from gdig.tools.evidence.summary import noise_table, summary


def runs(**scores):
    """Two pools at one rate and budget; a pair of scores a selector."""
    return [
        {"rate": 0.5, "kind": "all", "selector": selector, "budget": 32, "pool": pool, "seed": 1, "bleu": score}
        for selector, own in scores.items()
        for pool, score in zip((1, 2), own, strict=True)
    ]


def test_a_row_has_every_score_and_what_the_selector_gained_over_random_and_the_best_control():
    cells = cells_of(runs(random=(10.0, 12.0), base_loss=(20.0, 21.0), gdig=(25.0, 26.0)), "bleu")
    title, header, rows = summary(cells, "bleu", "gdig")
    assert title == "BLEU, and what G-DIG gained"
    assert header == ["noise", "pairs", "random", "base loss", "G-DIG", "over random", "over the best cheap control"]
    assert rows[0][:5] == ["0.5", "32", "11.0", "20.5", "25.5"]
    assert rows[0][5].startswith("**+14.5 [")
    assert rows[0][6] == "**+5.0 [+5.0, +5.0]** (base loss)"


def test_a_selector_that_was_not_run_is_named():
    with pytest.raises(ValueError, match="no selector 'reward'; it has random, gdig"):
        summary(cells_of(runs(random=(1.0, 2.0), gdig=(3.0, 4.0)), "bleu"), "bleu", "reward")


def test_gains_are_bold_where_the_interval_leaves_out_0():
    assert gain_text(Interval(1.0, 0.5, 1.5, 3)) == "**+1.0 [+0.5, +1.5]**"
    assert gain_text(Interval(1.0, -0.5, 2.5, 3)) == "+1.0 [-0.5, +2.5]"
    assert gain_text(Interval(1.0, None, None, 1)) == "+1.0"
    assert gain_text(None) == ""


def condition(rate, clean, noisy, share, kind="all"):
    estimate = None if share is None else {"noise": {"share": share}}
    return {"rate": rate, "kind": kind, "noise": {"num_of_kind": {"clean": clean, "shuffled": noisy}},
            "cleanliness": estimate}  # fmt: skip


def test_estimated_noise_stands_beside_what_was_planted():
    rows = [condition(0.3, 70, 30, 0.32), condition(0.3, 72, 28, 0.28), condition(0.3, 1, 1, 0.9, kind="shuffled"),
            condition(0.5, 1, 1, None)]  # fmt: skip
    assert noise_table(rows)[2] == [
        ["0.3", "29.0%", "30.0%", "32.0%, 28.0%"],
        ["0.3 shuffled", "50.0%", "90.0%", "90.0%"],
    ]
