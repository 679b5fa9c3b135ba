import logging
import math

import pytest
import torch

from gdig.config import NOISE_KINDS, RewardModel
from gdig.io.files import digest
from gdig.io.records import Pair
from gdig.lm.load import save
from gdig.selectors.reward.bradley_terry import preference_loss, train_reward_model
from tests.conftest import PROMPT, toy_pairs


def settings(params, **changes):
    training = params.reward_model.training.model_copy(update={"batch_size": 16, "epochs": 8.0, "learning_rate": 0.01})
    values = {"num_pairs": 100, "num_held_out": 40, "corruptions": ["untranslated"], "training": training} | changes
    return RewardModel.model_validate(params.reward_model.model_copy(update=values).model_dump())


def test_the_loss_is_that_of_bradley_and_terry():
    better, worse = [2.0, -1.0, 0.5], [1.0, 1.0, 0.5]
    by_hand = sum(-math.log(1 / (1 + math.exp(-(a - b)))) for a, b in zip(better, worse, strict=True)) / 3
    assert preference_loss(torch.tensor(better), torch.tensor(worse)).item() == pytest.approx(by_hand, abs=1e-6)
    assert preference_loss(torch.tensor([200.0]), torch.tensor([-200.0])).isfinite()


def test_references_come_to_be_preferred_and_every_kind_is_measured(params, base_folder, caplog):
    with caplog.at_level(logging.INFO):
        _, _, record = train_reward_model(base_folder, toy_pairs(140), settings(params), PROMPT)
    assert set(record["accuracy"]) == set(NOISE_KINDS)
    assert record["accuracy"]["untranslated"] > 0.95
    assert record["losses"][-1] < 0.5 * record["losses"][0]
    assert (record["num_pairs"], record["num_held_out"], record["corruptions"]) == (100, 40, ["untranslated"])
    assert "truncated" in caplog.text
    assert "(not trained on)" in caplog.text
    assert "newly initialized" not in caplog.text


def test_a_corruption_behind_what_the_model_reads_is_left_out(params, base_folder, caplog):
    pairs = toy_pairs(140)
    long = [Pair(pair.id, pair.src, pair.trg + " DOG" * 2000) if n % 2 else pair for n, pair in enumerate(pairs)]
    quick = params.reward_model.training.model_copy(update={"epochs": 1.0})
    with caplog.at_level(logging.INFO):
        _, _, record = train_reward_model(
            base_folder, long, settings(params, training=quick, corruptions=["truncated"]), PROMPT
        )
    assert 0 < record["num_pairs"] < 100
    assert f"skipped {100 - record['num_pairs']} pairs whose corruption lies beyond" in caplog.text


def test_equal_seeds_give_equal_bytes(params, base_folder, tmp_path):
    quick = params.reward_model.training.model_copy(update={"epochs": 1.0})
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        changes = settings(params, training=quick, seed=seed)
        model, tokenizer, _ = train_reward_model(base_folder, toy_pairs(140), changes, PROMPT)
        save(tmp_path / name, model, tokenizer)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")


def test_too_few_pairs_are_refused(params, base_folder):
    with pytest.raises(ValueError, match=r"num_pairs \+ num_held_out = 100 \+ 40, but there are 50 pairs"):
        train_reward_model(base_folder, toy_pairs(50), settings(params), PROMPT)
