"""Linears that a model uses in unusual ways: gradients are autograd's, or the linear is refused by name."""

import pytest
import torch

from gdig.influence.capture import capture
from gdig.lm.batches import pad
from gdig.lm.loss import example_losses
from gdig.tools.architectures.tiny import tiny_model
from tests.conftest import toy_examples


def expected_gradients(model, names, example):
    weights = [model.get_submodule(name).weight for name in names]
    return torch.autograd.grad(example_losses(model, pad([example]))[0], weights)


def test_an_output_that_is_added_to_in_place_is_still_the_linears():
    """Falcon adds attention's output to the MLP's."""
    model = tiny_model("falcon").double()
    names = [f"transformer.h.{number}.mlp.dense_4h_to_h" for number in range(3)]
    examples = toy_examples(3)
    taps = capture(model, names, examples)
    for row, example in enumerate(examples):
        for name, expected_OI in zip(names, expected_gradients(model, names, example), strict=True):
            torch.testing.assert_close(taps[name].weight_gradients()[row], expected_OI)


def test_an_output_that_is_scaled_in_place_is_still_the_linears(model):
    names = ["model.layers.0.mlp.down_proj", "model.layers.1.mlp.down_proj"]

    class Scaled(type(model.model.layers[0].mlp)):
        def forward(self, hidden):
            return super().forward(hidden).mul_(3)

    for block in model.model.layers:
        block.mlp.__class__ = Scaled
    example = toy_examples(1)[0]
    taps = capture(model, names, [example])
    for name, expected_OI in zip(names, expected_gradients(model, names, example), strict=True):
        torch.testing.assert_close(taps[name].weight_gradients()[0], expected_OI)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda mlp, up: lambda hidden: mlp.down_proj(up(hidden) + up(-hidden)), "runs more than once in a pass"),
        (lambda mlp, up: lambda hidden: mlp.down_proj(hidden @ up.weight.T), "does not run in a pass"),
        (
            lambda mlp, up: (
                lambda hidden: mlp.down_proj(torch.cat([up(hidden[:, :2]), mlp.gate_proj(hidden[:, 2:])], 1))
            ),
            r"reads inputs of shape \(2, 2, 8\) where there are 2 texts of \d+ tokens: it does not read every token",
        ),
        (
            lambda mlp, up: lambda hidden: mlp.down_proj(up(hidden.mT.contiguous().mT.transpose(0, 1)).transpose(0, 1)),
            r"reads inputs of shape \(\d+, 2, 8\) where there are 2 texts",
        ),
    ],
)
def test_a_linear_that_does_not_run_once_on_every_token_is_refused_by_name(model, monkeypatch, change, message):
    mlp = model.model.layers[1].mlp
    monkeypatch.setattr(mlp, "forward", change(mlp, mlp.up_proj))
    with pytest.raises(ValueError, match=f"model.layers.1.mlp.up_proj {message}"):
        capture(model, ["model.layers.1.mlp.up_proj"], toy_examples(2))


def test_a_linear_that_only_chooses_has_no_gradient():
    model = tiny_model("deepseek_v32")
    name = "model.layers.0.self_attn.indexer.wk"
    tap = capture(model, [name], toy_examples(2))[name]
    assert not tap.gradient_BTO.any()
    both = capture(model, [name, "model.layers.0.self_attn.o_proj"], toy_examples(2))
    assert not both[name].gradient_BTO.any()
    assert both["model.layers.0.self_attn.o_proj"].gradient_BTO.any()
