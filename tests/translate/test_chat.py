"""A small instruct model, finetuned and translating in its chat format."""

import shutil

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from gdig.lm.load import load_model, load_tokenizer, save
from gdig.lm.prompt import end_tokens, instruction
from gdig.training.finetune import BaseFinetuning
from gdig.translate.run import translate
from tests.chats import chat_tokenizer
from tests.translate.conftest import PAIRS

SEEN = PAIRS[:96:4]


@pytest.fixture(scope="module")
def chat(params):
    return params.prompt.model_copy(update={"format": "chat", "system": "Genau."})


@pytest.fixture(scope="module")
def finetuned(params, chat, tmp_path_factory):
    """As the stage of finetuning leaves it, from a base model of random weights."""
    folder = tmp_path_factory.mktemp("chat")
    corpus = [text for pair in PAIRS for text in (pair.src, pair.trg)]
    corpus += [instruction("", chat), "system user assistant Genau."] * 1000
    tokenizer = chat_tokenizer("chatml", corpus=corpus)
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )  # fmt: skip
    save(folder / "base", model, tokenizer)
    update = {"learning_rate": 0.003, "epochs": 24.0, "batch_size": 8, "min_steps": 0, "schedule": "constant"}
    recipe = BaseFinetuning(
        base=folder / "base",
        prompt=chat,
        training=params.finetune.training.model_copy(update=update),
        memory=params.finetune.memory,
        resume_steps=None,
    )
    recipe.train(folder / "finetuned", recipe.encode(SEEN), 1, "chat")
    return folder / "finetuned"


def test_the_template_goes_with_the_weights(finetuned):
    expected = load_tokenizer(finetuned.parent / "base").chat_template
    assert (finetuned / "chat_template.jinja").read_text() == expected == load_tokenizer(finetuned).chat_template


@pytest.mark.parametrize(("backend", "num_beams"), [("transformers", 1), ("transformers", 4), ("ctranslate2", 4)])
def test_the_end_of_the_turn_is_learnt_and_obeyed(finetuned, chat, settings, backend, num_beams, tmp_path):
    if backend == "ctranslate2":
        pytest.importorskip("ctranslate2")
    settings = settings.model_copy(update={"backend": backend, "num_beams": num_beams, "max_length_extra": 20})
    tokenizer = load_tokenizer(finetuned)
    assert tokenizer.convert_ids_to_tokens(end_tokens(tokenizer, chat)) == ["<|im_end|>", "</s>"]
    texts = translate(finetuned, SEEN, chat, settings, tmp_path / "journal.jsonl", "chat")
    # As many sentences as were learnt, of one to three, where the limit leaves room for more.
    assert sum(texts[pair.id].count(".") == pair.trg.count(".") for pair in SEEN) > 0.9 * len(SEEN)
    assert not any(name in text for text in texts.values() for name in ("<|im_end|>", "user", "assistant"))


def test_a_model_that_ends_with_eos_ends_there_too(finetuned, chat, settings, tmp_path):
    """As one that was trained in the plain format, and read as a chat."""
    tokenizer = load_tokenizer(finetuned)
    end, eos = end_tokens(tokenizer, chat)
    model = load_model(finetuned)
    head = model.get_output_embeddings().weight.data
    head[[end, eos]] = head[[eos, end]]
    save(tmp_path / "swapped", model, tokenizer)
    texts = translate(tmp_path / "swapped", SEEN, chat, settings, tmp_path / "journal.jsonl", "chat")
    assert any(texts.values())
    assert not any("</s>" in text for text in texts.values())


def test_a_model_without_its_template_cannot_translate(finetuned, chat, settings, tmp_path):
    folder = shutil.copytree(finetuned, tmp_path / "plain")
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(ValueError, match="no chat template"):
        translate(folder, SEEN, chat, settings, tmp_path / "journal.jsonl", "chat")
