"""Architectures that users bring most: tracked by name, taps equal to autograd, losses to their own logits.

tests/tools/test_architectures.py has all.
"""

import pytest
import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from gdig.influence.capture import capture
from gdig.lm.batches import pad
from gdig.lm.layers import final_linear, linear_shape, tracked_linears
from gdig.lm.loss import example_losses
from tests.conftest import toy_examples

COMMON = {"vocab_size": 23, "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
GATED = COMMON | {"num_key_value_heads": 1, "intermediate_size": 24, "head_dim": 8, "max_position_embeddings": 64}
MLP = ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
GPT2 = {"vocab_size": 23, "n_embd": 16, "n_layer": 3, "n_head": 2, "n_positions": 64}
OPT = {"ffn_dim": 24, "max_position_embeddings": 64, "word_embed_proj_dim": 16, "do_layer_norm_before": True}
# Baichuan 2 is a Llama with an untied head once W_pack is split and the rows of its head are normalised; 7B / 256.
BAICHUAN2 = {"vocab_size": 491, "num_key_value_heads": 2, "intermediate_size": 43, "tie_word_embeddings": False}
ARCHITECTURES = {
    "llama": (GATED, MLP),
    "llama, tied, biased": ("llama", GATED | {"tie_word_embeddings": True, "mlp_bias": True}, MLP),
    "llama, proportions of Baichuan 2": ("llama", GATED | BAICHUAN2, MLP),
    "mistral": (GATED | {"sliding_window": 4}, MLP),
    "qwen2": (GATED, MLP),
    "qwen3": (GATED, MLP),
    "gemma": (GATED, MLP),
    # A window that reaches back from all padding: transformers gives NaN for a position that sees none, in float64.
    "gemma2": (GATED | {"sliding_window": 8, "final_logit_softcapping": 0.5}, MLP),
    "bloom": (COMMON | {"n_layer": 3, "n_head": 2}, ["mlp.dense_h_to_4h", "mlp.dense_4h_to_h"]),
    "gpt_neox": (GATED, ["mlp.dense_h_to_4h", "mlp.dense_4h_to_h"]),
    "opt": (COMMON | OPT, ["fc1", "fc2"]),
    "gemma3_text": (
        GATED | {"sliding_window": 4, "layer_types": ["sliding_attention", "full_attention", "full_attention"]},
        MLP,
    ),
    "granite": (GATED | {"logits_scaling": 3.0}, MLP),
    "cohere": (GATED | {"logit_scale": 0.3}, MLP),
    "gpt2": (GPT2, ["mlp.c_fc", "mlp.c_proj"]),
}


def build(name):
    *kind, settings, linears = ARCHITECTURES[name]
    torch.manual_seed(1)
    special = {"bos_token_id": None, "eos_token_id": 0, "pad_token_id": 0, "initializer_range": 0.2}
    config = CONFIG_MAPPING[kind[0] if kind else name](**settings, **special)
    return AutoModelForCausalLM.from_config(config).double().eval(), linears


@pytest.fixture(params=ARCHITECTURES)
def architecture(request, monkeypatch):
    # BLOOM takes its softmax in float32 whatever the model is in, where on some processors padding changes the last
    # digits: those are not ours to hold.
    softmax = torch.nn.functional.softmax
    monkeypatch.setattr(torch.nn.functional, "softmax", lambda scores, dim, **_: softmax(scores, dim=dim))
    return build(request.param)


def test_weight_gradients_equal_autograd_and_do_not_depend_on_the_batch(architecture):
    model, linears = architecture
    names = tracked_linears(model, 1, linears)
    assert len(names) == 3 * len(linears)
    examples = toy_examples(5)
    taps = capture(model, names, examples)
    for row, example in enumerate(examples):
        weights = [model.get_submodule(name).weight for name in names]
        for name, expected in zip(
            names, torch.autograd.grad(example_losses(model, pad([example]))[0], weights), strict=True
        ):
            found_OI = taps[name].weight_gradients()[row]
            assert found_OI.shape == linear_shape(model, name)
            expected_OI = expected.T if is_transposed(model, name) else expected
            torch.testing.assert_close(found_OI, expected_OI, rtol=1e-7, atol=1e-11)


def is_transposed(model, name):
    return type(model.get_submodule(name)).__name__ == "Conv1D"


def test_tied_and_untied_heads_with_and_without_biased_linears_are_all_here():
    found = set()
    for name in ARCHITECTURES:
        model, linears = build(name)
        tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
        found.add((tied, model.get_submodule(tracked_linears(model, 1, linears)[0]).bias is not None))
    assert found == {(tied, biased) for tied in (True, False) for biased in (True, False)}


def test_losses_are_those_of_the_models_own_logits(architecture):
    model, _ = architecture
    for example in toy_examples(4):
        logits_TV = model(input_ids=torch.tensor([example.tokens])).logits[0, :-1]
        start = max(example.prompt_length, 1)
        expected = F.cross_entropy(logits_TV[start - 1 :], torch.tensor(example.tokens[start:]))
        torch.testing.assert_close(example_losses(model, pad([example]))[0], expected)


def test_a_name_from_another_architecture_lists_the_linears_there_are(architecture):
    model, linears = architecture
    with pytest.raises(ValueError, match=r"no linear is named .*; the linears of a block are") as error:
        final_linear(model, "feed_forward.w2")
    assert all(linear in str(error.value) for linear in linears)
