"""Folders as users bring them, tiny: what the passes could not rely on is refused in one line before any."""

import pytest
import torch
from transformers import AutoModelForCausalLM, BartConfig, BertConfig, BertLMHeadModel

from gdig.base.behaviour import check_behaviour
from gdig.base.checkpoint import check_checkpoint
from gdig.tools.architectures.tiny import tiny_model
from tests.conftest import toy_model

TOKENS = [3, 9, 4, 17, 5, 12, 8, 20, 6, 11, 2, 14, 7, 19, 10, 16, 18]
BERT = {
    "vocab_size": 23, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
    "initializer_range": 0.2,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "model"


def check(folder):
    check_checkpoint(folder)
    check_behaviour(folder, TOKENS)


@pytest.mark.parametrize("kind", ["gemma3", "mixtral", "gpt2", "granite", "mamba"])
def test_causal_models_pass_whatever_names_their_tensors_have_in_files(folder, kind):
    tiny_model(kind).save_pretrained(folder)
    check(folder)


def test_an_encoder_is_no_causal_model_until_it_is_told_to_decode(folder):
    torch.manual_seed(0)
    BertLMHeadModel(BertConfig(**BERT)).save_pretrained(folder)
    with pytest.raises(ValueError, match=r"model: the logits of a BertLMHeadModel change with the tokens that follow"):
        check(folder)
    BertLMHeadModel(BertConfig(**BERT, is_decoder=True)).save_pretrained(folder)
    check(folder)


def test_a_decoder_of_an_encoder_is_refused_before_it_is_loaded(folder):
    folder.mkdir()
    BartConfig().save_pretrained(folder)
    with pytest.raises(ValueError, match=r"config.json: the model is an encoder with a decoder"):
        check_checkpoint(folder)


@pytest.mark.parametrize("place", ["_loaded", "_check"])
def test_a_model_that_memory_does_not_hold_is_refused_in_one_line(folder, monkeypatch, place):
    tiny_model("gpt2").save_pretrained(folder)

    def fails(*_, **__):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: 9 bytes\nmore")

    if place == "_loaded":
        monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", fails)
    else:
        monkeypatch.setattr("transformers.GPT2LMHeadModel.forward", fails)
    with pytest.raises(ValueError, match=r"model: the host's memory does not hold its weights in float32") as error:
        check_behaviour(folder, TOKENS)
    assert "\n" not in str(error.value)


def test_recurrent_states_that_read_padding_are_refused(folder):
    tiny_model("rwkv").save_pretrained(folder)
    with pytest.raises(ValueError, match=r"a RwkvForCausalLM decodes other logits where its prompt is padded"):
        check(folder)


class Sliding(torch.nn.Module):
    """Hidden states that padding behind them changes."""

    def forward(self, hidden_BTD):
        return hidden_BTD + hidden_BTD.mean(dim=1, keepdim=True)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda model: model.model.norm.weight.data.fill_(torch.nan), "gives logits that are no number"),
        (lambda model: model.model.norm.register_forward_hook(lambda *a: Sliding()(a[-1])), "tokens that follow"),
        (lambda model: setattr(model, "get_output_embeddings", lambda: None), "names no head"),
        (
            lambda model: setattr(model, "get_output_embeddings", lambda: model.model.layers[0].mlp.up_proj),
            "does not make its logits of its head's output",
        ),
    ],
)
def test_what_does_not_hold_is_named(folder, monkeypatch, damage, message):
    model = toy_model(dtype=torch.float32)
    model.save_pretrained(folder)
    info = {"missing_keys": set(), "mismatched_keys": set()}
    damage(model)
    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", lambda *_, **__: (model, info))
    with pytest.raises(ValueError, match=message):
        check_behaviour(folder, TOKENS)


def test_errors_of_an_architecture_are_one_line(folder, monkeypatch):
    model = toy_model(dtype=torch.float32)
    model.save_pretrained(folder)

    def fail(*_, **__):
        raise AttributeError("'NoneType' object has no attribute 'shape'\nand more")

    monkeypatch.setattr(type(model), "forward", fail)
    with pytest.raises(ValueError, match=r"cannot run a LlamaForCausalLM on texts alone \('NoneType' object[^\n]*$"):
        check_behaviour(folder, TOKENS)
