from statistics import fmean

import pytest
from scipy import stats

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
    assert header == ["noise", "pairs", "random", "base loss", "G-DIG", "over random", "over the best control"]
    assert rows[0][:5] == ["0.5", "32", "11.0", "20.5", "25.5"]
    assert rows[0][5].startswith("**+14.5 [")
    assert rows[0][6] == "**+5.0 [+5.0, +5.0]** (base loss)"


def grid(gains, rates=(0.1, 0.5)):
    """Four pools; the selector's lead over random in each, by rate."""
    return [
        {"rate": rate, "kind": "all", "selector": name, "budget": 32, "pool": pool, "seed": 1,
         "bleu": 10.0 + pool + own, "seed_loss": 3.0 - own}
        for rate in rates
        for pool, gain in enumerate(gains[rate])
        for name, own in (("random", 0.0), ("gdig", gain))
    ]  # fmt: skip


def test_gains_are_bold_that_hold_after_holm_and_a_row_takes_the_rates_of_a_pool_together():
    gains = {0.1: (1.0, 2.0, 3.0, 4.0), 0.5: (0.5, 2.0, 3.5, 4.0)}
    cells = cells_of(grid(gains), "bleu")
    p = [stats.ttest_1samp(gains[rate], 0).pvalue for rate in gains]
    assert [cell.over_control["gdig"].p for cell in cells] == pytest.approx(p)
    # One alone holds at 5%, but not both together.
    assert p[0] < 0.05 < 2 * p[0]
    _, _, rows = summary(cells, "bleu", "gdig")
    assert rows[0][-1] == "+2.5 [+0.4, +4.6] (random)"
    assert rows[-1][:2] == ["all", "32"]
    means = [fmean(own) for own in zip(*gains.values(), strict=True)]
    expected = stats.ttest_1samp(means, 0).confidence_interval(0.95)
    assert rows[-1][-1] == f"**+{fmean(means):.1f} [+{expected.low:.1f}, +{expected.high:.1f}]**"
    alone = cells_of(grid(gains, rates=(0.1,)), "bleu")
    _, _, rows = summary(alone, "bleu", "gdig")
    assert [row[-1] for row in rows] == ["**+2.5 [+0.4, +4.6]** (random)"]


def test_of_a_loss_the_least_is_the_best_control():
    rows = grid({0.1: (1.0, 2.0, 3.0, 4.0)}, rates=(0.1,))
    (cell,) = cells_of(rows, "seed_loss", ["random", "gdig"])
    assert cell.control == "gdig"
    assert cells_of(rows, "bleu", ["random", "gdig"])[0].control == "gdig"
    assert cells_of(rows, "seed_loss")[0].over_control["gdig"].mean == -2.5


def test_a_selector_that_was_not_run_is_named():
    with pytest.raises(ValueError, match="no selector 'reward'; it has random, gdig"):
        summary(cells_of(runs(random=(1.0, 2.0), gdig=(3.0, 4.0)), "bleu"), "bleu", "reward")


def test_gains_are_bold_where_the_interval_leaves_out_0():
    assert gain_text(Interval(1.0, 0.5, 1.5, 3)) == "**+1.0 [+0.5, +1.5]**"
    assert gain_text(Interval(1.0, -0.5, 2.5, 3)) == "+1.0 [-0.5, +2.5]"
    assert gain_text(Interval(1.0, None, None, 1)) == "+1.0"
    assert gain_text(None) == ""


def condition(rate, clean, noisy, share, kind="all", error=None):
    estimate = None if share is None else {"noise": {"share": share, "low": share - 0.01, "high": share + 0.01}}
    bins = None if error is None else [{"predicted": 0.5, "sound": 0.5 + error, "weight": 1.0}]
    return {"rate": rate, "kind": kind, "noise": {"num_of_kind": {"clean": clean, "shuffled": noisy}},
            "cleanliness": estimate, "reliability": bins}  # fmt: skip


def test_estimated_noise_stands_beside_what_was_planted():
    rows = [condition(0.3, 70, 30, 0.32, error=0.04), condition(0.3, 72, 28, 0.28, error=0.01),
            condition(0.3, 1, 1, 0.9, kind="shuffled"), condition(0.5, 1, 1, None)]  # fmt: skip
    assert noise_table(rows)[2] == [
        ["0.3", "29.0%", "30.0%", "31.0% to 33.0%, 27.0% to 29.0%", "2.0%", "1 of 2", "0.040, 0.010"],
        ["0.3 shuffled", "50.0%", "90.0%", "89.0% to 91.0%", "2.0%", "0 of 1", ""],
        ["all", "36.0%", "50.0%", "", "2.0%", "1 of 3", "0.040 at most"],
    ]
