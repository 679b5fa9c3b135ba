"""Texts in one row give the logits and gradients of each text alone."""

import pytest
import torch
from transformers import AutoModelForCausalLM, BloomConfig, GPT2Config, LlamaConfig, MambaConfig, MistralConfig

from gdig.lm.packing import pack
from gdig.training.trainer import inputs_of, response_losses
from tests.conftest import toy_examples
from tests.lm.test_head import SIZE

GPT2 = {"n_layer": 2, "n_embd": 8, "n_head": 2, "vocab_size": 23}
SMALL = {"num_hidden_layers": 2, "hidden_size": 8, "vocab_size": 23}
NARROW = MistralConfig(**SIZE, sliding_window=10)


def made(config):
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config, dtype=torch.float64)


@pytest.mark.parametrize("config", [LlamaConfig(**SIZE), GPT2Config(**GPT2, attn_pdrop=0.0)], ids=["llama", "gpt2"])
def test_losses_and_gradients_are_those_of_padded_texts(config):
    model, inputs = made(config).eval(), inputs_of(toy_examples(6))
    weights_R = torch.rand(len(inputs["rows_R"]), dtype=torch.float64)

    def run(**how):
        model.zero_grad()
        losses_R = response_losses(model, model, inputs, **how)
        (losses_R * weights_R).sum().backward()
        return losses_R.detach(), {name: weight.grad.clone() for name, weight in model.named_parameters()}

    expected = run()
    assert pack(model, 30)
    seen = []
    model.get_decoder().register_forward_hook(lambda *given: seen.append(given[-1][0].shape))
    found = run(packed=True)
    assert seen == [(1, int(inputs["mask_BT"].sum()), 8)]
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "config",
    [MambaConfig(**SMALL), BloomConfig(n_layer=2, hidden_size=8, n_head=2, vocab_size=23), NARROW],
    ids=["recurrent", "alibi", "narrow window"],
)
def test_a_model_that_would_mix_texts_stays_as_it_was(config):
    model, inputs = made(config).eval(), inputs_of(toy_examples(6))
    expected_R = response_losses(model, model, inputs)
    assert not pack(model, 30)
    torch.testing.assert_close(response_losses(model, model, inputs), expected_R, rtol=0, atol=0)


def test_a_window_as_wide_as_the_texts_is_no_hindrance():
    assert pack(made(NARROW), 10)
