import pytest
from sacrebleu import sentence_chrf as sacrebleu_chrf

from gdig.report.efficiency.pir import Outcome, bench, outcome, ratios, sentence_chrf, settings_of


def test_pir_is_the_mean_of_ratios_over_as_many_terms_as_there_are():
    model, full = {"bleu": 30.0, "chrf": 55.0}, {"bleu": 40.0, "chrf": 50.0}
    assert ratios(model, full, ["bleu", "chrf"]) == {"bleu": 0.75, "chrf": 1.1}
    assert bench(model, full, ["bleu", "chrf"]) == pytest.approx((0.75 + 1.1) / 2, abs=1e-12)
    assert bench(full, full, ["bleu"]) == 1
    assert bench(model, full, []) is None


def test_ratios_need_positive_scores_and_other_metrics_are_named():
    scores = [
        {"bleu": 30.0, "comet": 0.8, "bleurt": 0.6, "seed_loss": 1.0},
        {"bleu": 2.0, "comet": -0.1, "bleurt": 0.2},
    ]
    used, left_out = settings_of(scores)
    assert used == ["bleu"]
    assert left_out == {"comet": "a model has -0.1", "bleurt": "it can be negative"}
    assert settings_of([{"bleu": 0.0}])[0] == []


def test_of_several_test_sets_each_is_a_setting_and_all_together_are_not():
    scores = {"bleu": 3.0, "bleu_news": 2.0, "bleu_talks": 4.0, "chrf": 3.0, "chrf_news": 2.0, "copied_share": 0.5}
    assert settings_of([scores])[0] == ["bleu_news", "bleu_talks", "chrf_news"]


def test_wins_losses_and_ties_within_the_margin():
    ours = {"a": 60.0, "b": 50.0, "c": 41.0, "d": 10.0, "e": 50.5}
    theirs = {"a": 50.0, "b": 60.0, "c": 40.0, "d": 9.0, "e": 50.5}
    assert outcome(ours, theirs, 1.0) == Outcome(1, 1, 3)
    assert outcome(ours, theirs, 0.0) == Outcome(3, 1, 1)
    assert outcome(ours, theirs, 0.0).pir == pytest.approx(1 + 2 / 5)
    assert outcome(theirs, ours, 0.0).pir == pytest.approx(1 - 2 / 5)
    assert Outcome(0, 7, 0).pir == 0
    with pytest.raises(ValueError, match="'z' is of one side only"):
        outcome(ours | {"z": 1.0}, theirs, 0.0)


def test_sentences_are_scored_as_sacrebleu_scores_them():
    texts = {"a": "The old house sleeps.", "b": "", "c": "Dogs see trees"}
    references = {"a": "The old horse sleeps.", "b": "A tree", "c": "Dogs see trees"}
    found = sentence_chrf(texts, references)
    assert found == {i: sacrebleu_chrf(texts[i], [references[i]]).score for i in texts}
    assert found["c"] == pytest.approx(100)
    assert found["b"] == 0
