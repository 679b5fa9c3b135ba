"""What a run will take is told before it begins."""

import logging

import pytest
import torch

from gdig.training.need import free_bytes, memory_needed, report_need
from tests.conftest import toy_examples, toy_model
from tests.training.toy import lora, memory, run

GIB = 2**30


def test_weights_gradients_and_moments_are_counted_exactly():
    model = toy_model(dtype=torch.float32)
    count = sum(weight.numel() for weight in model.parameters())
    needed = memory_needed(model, toy_examples(9), memory(), 4, packed=False)
    assert [needed[name] for name in ("weights", "gradients", "moments", "16-bit copies")] == [
        4 * count, 4 * count, 8 * count, 0,
    ]  # fmt: skip
    model.requires_grad_(False)
    model.lm_head.weight.requires_grad_(True)
    part = memory_needed(model, toy_examples(9), memory(lora=lora()), 4, packed=False)
    assert part["moments"] == 8 * model.lm_head.weight.numel()


@pytest.mark.parametrize("change", [{"gradient_checkpointing": True}, {"dtype": "bfloat16"}])
def test_what_is_said_to_lower_memory_lowers_it(change):
    model = toy_model(num_layers=6, dtype=torch.float32)
    plain = memory_needed(model, toy_examples(9), memory(), 4, packed=False)
    assert (
        memory_needed(model, toy_examples(9), memory(**change), 4, packed=False)["activations"] < plain["activations"]
    )
    assert memory_needed(model, toy_examples(9), memory(), 1, packed=False)["logits"] < plain["logits"]
    assert memory_needed(model, toy_examples(9), memory(), 4, packed=True)["activations"] < plain["activations"]


NEEDED = {"weights": GIB, "gradients": GIB, "moments": 2 * GIB, "activations": GIB}


@pytest.mark.parametrize(
    ("free", "level", "said"),
    [
        (5 * GIB, logging.INFO, "toy: training takes up to 5.0 GiB"),
        (3.5 * GIB, logging.WARNING, "if it runs out: lower"),
    ],
)
def test_a_run_that_may_not_fit_is_warned_of(caplog, free, level, said):
    caplog.set_level(logging.INFO)
    report_need("toy", NEEDED, memory(), 8, free)
    assert [record.levelno for record in caplog.records] == [level]
    assert said in caplog.text


def test_what_a_tiny_model_takes_is_not_told(caplog):
    caplog.set_level(logging.INFO)
    report_need("toy", {name: size // 100 for name, size in NEEDED.items()}, memory(), 8, 5 * GIB)
    assert not caplog.records


def test_a_run_whose_gradients_and_moments_cannot_fit_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="toy: .*too few for gradients and moments alone; lower memory.per_device"):
        report_need("toy", NEEDED, memory(), 8, 2 * GIB)
    monkeypatch.setattr("gdig.training.run.free_bytes", lambda _: 1000)
    with pytest.raises(ValueError, match="too few for gradients and moments alone"):
        run(tmp_path / "out")
    assert free_bytes(torch.device("cpu")) > 2**20
