from itertools import chain

import pytest
import torch

from gdig.config import Training
from gdig.training.schedule import learning_rate, num_steps
from gdig.training.train import train
from tests.conftest import toy_examples, toy_model


def settings(**changes):
    values = {
        "learning_rate": 0.01, "batch_size": 4, "epochs": 3.0, "min_steps": 0, "warmup_share": 0.1,
        "schedule": "linear", "weight_decay": 0.0,
    }  # fmt: skip
    return Training(**(values | changes))


def test_training_lowers_the_loss_and_records_the_rates():
    model = toy_model(dtype=torch.float32)
    record = train(model, toy_examples(16), settings(epochs=10.0), seed=1, label="toy")
    assert record.num_steps == 40
    assert record.losses[-1][1] < record.losses[0][1]
    assert record.sum_of_rates == pytest.approx(sum(learning_rate(step, 40, settings()) for step in range(40)))


def test_equal_seeds_give_equal_weights_and_others_do_not():
    weights = []
    for seed in (1, 1, 2):
        model = toy_model(dtype=torch.float32)
        train(model, toy_examples(16), settings(), seed=seed, label="toy")
        weights.append(model.model.layers[0].mlp.up_proj.weight.detach().clone())
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_steps_are_epochs_and_never_fewer_than_the_minimum():
    assert num_steps(10, settings(epochs=3.0)) == 8
    assert num_steps(10, settings(epochs=3.0, min_steps=20)) == 20


def test_rate_rises_then_falls_to_zero():
    rates = [learning_rate(step, 20, settings()) for step in range(20)]
    assert rates[0] == pytest.approx(0.005)
    assert max(rates) == pytest.approx(0.01)
    assert rates[1:] == sorted(rates[1:], reverse=True)
    assert 0 < rates[-1] < 0.001


def test_a_loss_that_is_no_number_names_step_and_pairs():
    model = toy_model(dtype=torch.float32)
    model.model.norm.weight.data.fill_(float("inf"))
    with pytest.raises(ValueError, match=r"toy: the loss is nan at step 0 on pairs toy-.*lower learning_rate"):
        train(model, toy_examples(4), settings(), seed=1, label="toy")


def test_every_example_is_seen_once_an_epoch():
    from gdig.data.batches import epochs

    batches = epochs(10, 4, torch.Generator().manual_seed(3))
    first, second = [[next(batches) for _ in range(3)] for _ in range(2)]
    assert sorted(chain(*first)) == sorted(chain(*second)) == list(range(10))
    assert first != second
