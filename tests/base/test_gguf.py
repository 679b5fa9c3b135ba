"""Converted files against the models and tokenizers that they were made of, and files that are refused."""

import gzip
import os
import struct
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from gguf import GGMLQuantizationType
from tokenizers import models
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from gdig.base import gguf_tokenizer
from gdig.base.gguf import convert, dequantised_model, main, shuffle_words
from gdig.base.gguf_file import read_header
from gdig.base.gguf_tokenizer import build_tokenizer
from gdig.base.pretrained import copy_pretrained
from gdig.config import parse_params
from gdig.io.tokens import prompt_start, prompt_tokens, text_tokens
from gdig.lm.load import load_model, load_tokenizer
from tests.base.gguf_files import BYTE, HARD, NORMAL, TEMPLATE, TEXTS, byte_level, file_of, of_sentencepiece, write


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return {"gpt2": byte_level(), "llama": of_sentencepiece(folder, "bpe"), "t5": of_sentencepiece(folder, "unigram")}


def loss(model, encoded):
    with torch.no_grad():
        return sum(model(input_ids=torch.tensor([ids]), labels=torch.tensor([ids])).loss.item() for ids in encoded)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_models_and_tokens_are_those_of_the_library_that_made_the_tokenizer(made, kind, tmp_path):
    it = made[kind]
    convert(file_of(it, tmp_path / "tiny.gguf"), tmp_path / "out", TEXTS)
    tokenizer = load_tokenizer(tmp_path / "out")
    assert text_tokens(tokenizer, TEXTS + HARD) == [it.encode(text) for text in TEXTS + HARD]
    assert [tokenizer.decode(ids) for ids in text_tokens(tokenizer, HARD)] == HARD
    assert tokenizer.eos_token_id == it.metadata["eos_token_id"]
    assert prompt_start(tokenizer) == ([it.metadata["bos_token_id"]] if it.metadata["add_bos_token"] else [])
    assert tokenizer.chat_template == TEMPLATE
    model = load_model(tmp_path / "out", "bfloat16")
    encoded = prompt_tokens(tokenizer, TEXTS)
    assert loss(model, encoded) == pytest.approx(loss(it.model, encoded), rel=0.01)


def test_tokens_of_a_unigram_are_those_of_sentencepiece(made, tmp_path):
    it = made["t5"]
    tokenizer = build_tokenizer(read_header(file_of(it, tmp_path / "tiny.gguf")))
    texts = TEXTS + HARD
    assert text_tokens(tokenizer, texts) == [it.encode(text) for text in texts]
    assert [tokenizer.decode(ids) for ids in text_tokens(tokenizer, texts)] == texts


@pytest.mark.parametrize(("kind", "tolerance"), [("Q8_0", 0.02), ("Q4_0", 0.5)])
def test_quantised_weights_are_those_that_the_types_hold(made, kind, tolerance, tmp_path):
    it = made["llama"]
    convert(file_of(it, tmp_path / "tiny.gguf", kind=kind), tmp_path / "out", TEXTS)
    weights, expected = load_model(tmp_path / "out").state_dict(), it.model.state_dict()
    number = GGMLQuantizationType[kind]
    for name, tensor in expected.items():
        if tensor.ndim == 2:
            # Blocks lie within rows, so that rows that turn keep theirs.
            tensor = torch.from_numpy(gguf.dequantize(gguf.quantize(tensor.numpy(), number), number))
        assert torch.equal(weights[name], tensor.bfloat16().float()), name
    encoded = [it.encode(text) for text in TEXTS]
    model = load_model(tmp_path / "out")
    assert loss(model, encoded) == pytest.approx(loss(it.model, encoded), rel=tolerance)


def test_the_folder_holds_what_a_model_needs_and_the_licence(made, params, tmp_path):
    it = made["gpt2"]
    path = file_of(it, tmp_path / "tiny.gguf", kind="Q8_0", license="other", **{"license.name": "tiny-terms"})
    (tmp_path / "out").mkdir()
    base = params.base.model_copy(update={"model": str(path)})
    record = copy_pretrained(base, params.prompt, TEXTS, tmp_path / "out")
    assert record["model"] == record["gguf"]["file"] == "tiny.gguf"
    assert record["gguf"]["tensors"] == {"Q8_0": 15, "F32": 5}
    assert record["licence"] == "tiny-terms"
    assert record["dtype"] == "bfloat16"
    assert record["num_parameters"] == it.model.num_parameters()
    assert record["files"].keys() == {
        "README.md", "chat_template.jinja", "config.json", "generation_config.json", "model.safetensors",
        "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip
    size = (tmp_path / "out" / "model.safetensors").stat().st_size
    assert 2 * it.model.num_parameters() < size < 2.2 * it.model.num_parameters()
    model = load_model(tmp_path / "out")
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    assert model.generation_config.eos_token_id == [0, 2]


def test_bytes_are_the_same_in_every_run(made, tmp_path):
    path = file_of(made["llama"], tmp_path / "tiny.gguf")
    convert(path, tmp_path / "one", TEXTS)
    convert(path, tmp_path / "two", TEXTS)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def random_model(kind):
    torch.manual_seed(0)
    sizes = {"vocab_size": 340, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128}  # fmt: skip
    if kind == "gemma3":
        model = Gemma3ForCausalLM(Gemma3TextConfig(**sizes, head_dim=8, sliding_window=16, rms_norm_eps=1e-6))
    else:
        model = Qwen2ForCausalLM(Qwen2Config(**sizes, rms_norm_eps=1e-6, tie_word_embeddings=False))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name or "bias" in name:
                weight.add_(0.1 * torch.randn_like(weight))
    return model


@pytest.mark.parametrize("kind", ["gemma3", "qwen2"])
def test_other_architectures_get_their_own_weights_back(made, kind, tmp_path):
    """Norms of Gemma, which files hold plus one; biases and an untied head of Qwen."""
    model = random_model(kind)
    found = dequantised_model(read_header(write(tmp_path / "a.gguf", model, made["gpt2"].metadata, architecture=kind)))
    assert found.state_dict().keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        assert torch.allclose(found.state_dict()[name].float(), tensor, rtol=2**-8, atol=1e-6), name
    ids = torch.randint(0, 340, (2, 40), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert F.cosine_similarity(found.float()(ids).logits, model(ids).logits, dim=-1).min() > 0.999


def test_positions_of_llama_3_are_scaled_as_the_file_says(made, tmp_path):
    it = made["llama"]
    rope = {"rope_type": "llama3", "rope_theta": 5e5, "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192}  # fmt: skip
    config = LlamaConfig(hidden_size=32, num_attention_heads=4, head_dim=8, rope_parameters=rope)
    inverse, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    plain = 5e5 ** -(torch.arange(4) / 4)
    factors = (plain / inverse).numpy().astype(np.float32)
    path = file_of(it, tmp_path / "a.gguf", change=lambda writer: writer.add_tensor("rope_freqs.weight", factors))
    found = dequantised_model(read_header(path)).config.rope_parameters
    assert found == rope
    odd = np.array([1, 2, 3, 4], dtype=np.float32)
    path = file_of(it, tmp_path / "b.gguf", change=lambda writer: writer.add_tensor("rope_freqs.weight", odd))
    with pytest.raises(ValueError, match="rope_freqs.weight are not those of Llama 3"):
        dequantised_model(read_header(path))


def test_linear_scaling_is_kept_and_another_refused(made, tmp_path):
    def scaled(kind):
        def change(writer):
            writer.add_rope_scaling_type(gguf.RopeScalingType(kind))
            writer.add_rope_scaling_factor(8.0)

        return read_header(file_of(made["llama"], tmp_path / f"{kind}.gguf", change=change))

    found = dequantised_model(scaled("linear")).config.rope_parameters
    assert (found["rope_type"], found["factor"]) == ("linear", 8.0)
    with pytest.raises(ValueError, match=r"positions scaled by 'yarn' \(llama.rope.scaling.type\) are not converted"):
        dequantised_model(scaled("yarn"))


def cut(place):
    def damage(path):
        data = path.read_bytes()
        path.write_bytes(data[: place if place > 0 else len(data) + place])

    return damage


def renamed(old, new):
    def damage(path):
        data = path.read_bytes()
        assert old in data and len(old) == len(new)
        path.write_bytes(data.replace(old, new))

    return damage


def with_version(version):
    def damage(path):
        data = bytearray(path.read_bytes())
        struct.pack_into("<I", data, 4, version)
        path.write_bytes(data)

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "there is no such file"),
        (lambda path: path.write_bytes(b""), "not a GGUF file, which begins with the letters GGUF"),
        (lambda path: path.write_bytes(b"PK\3\4 and more"), "not a GGUF file"),
        (with_version(1), "version 1 of GGUF is not read"),
        (cut(20), "cut or damaged in its metadata"),
        (cut(3000), "cut or damaged in its metadata"),
        (cut(-1000), r"cut in its tensors: it has \d+ bytes and needs \d+; download it again"),
        (renamed(b"llama", b"lamma"), "transformers cannot convert the architecture 'lamma'"),
        (renamed(b"llama", b"xbert"), "'xbert' is an encoder; take a causal language model"),
        (renamed(b"tokenizer.ggml.tokens", b"tokenizer.ggml.tokenz"), r"holds no tokenizer \(tokenizer.ggml.tokens\)"),
        (renamed(b"\4\0\0\0\0\0\0\0gpt2", b"\4\0\0\0\0\0\0\0rwkv"), "tokenizer.ggml.model = 'rwkv' is not known; gpt2"),
        (renamed(b"smollm", b"smallm"), "tokenizer.ggml.pre = 'smallm' is not known, so that text would be split"),
        (renamed(b"tokenizer.ggml.merges", b"tokenizer.ggml.mergez"), "tokenizer.ggml.merges is missing"),
        (renamed(b"attn_q.weight", b"attn_x.weight"), r"has no model.layers.0.self_attn.q_proj.weight \(2 tensors"),
    ],
)
def test_what_cannot_be_converted_is_refused_in_one_line(made, tmp_path, damage, message):
    path = file_of(made["gpt2"], tmp_path / "tiny.gguf")
    damage(path)
    with pytest.raises(ValueError, match=message) as caught:
        convert(path, tmp_path / "out", TEXTS)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] in (["tiny.gguf"], [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda writer: writer.add_type("adapter"), r"holds a adapter, not a model \(general.type\)"),
        (lambda writer: writer.add_uint16("split.count", 3), "is one of 3 parts; join them with"),
        (lambda writer: writer.add_causal_attention(False), "'llama' is an encoder"),
        (lambda writer: writer.add_tensor("blk.0.extra.weight", np.ones(7, np.float32)), "as transformers reads its"),
        (lambda writer: writer.add_uint32("tokenizer.ggml.seperator_token_id", 5), None),
    ],
)
def test_files_of_another_purpose_are_refused(made, tmp_path, change, message):
    path = file_of(made["gpt2"], tmp_path / "tiny.gguf", change=change)
    if message is None:
        convert(path, tmp_path / "out", TEXTS)
        return
    with pytest.raises(ValueError, match=message):
        convert(path, tmp_path / "out", TEXTS)


def test_a_missing_package_is_named(made, tmp_path, monkeypatch):
    path = file_of(made["gpt2"], tmp_path / "tiny.gguf")
    monkeypatch.setattr("gdig.base.gguf_file.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="needs the package gguf; install it with `pip install gguf`"):
        read_header(path)


def reversed_merges(header):
    tokenizer = gguf_tokenizer._byte_level(header)
    merges = [tuple(merge.split(" ")) for merge in header.metadata["tokenizer.ggml.merges"]][::-1]
    tokenizer.model = models.BPE(tokenizer.get_vocab(), merges)
    return tokenizer


@pytest.mark.parametrize(
    ("kind", "wrong"), [("llama", gguf_tokenizer._unigram), ("gpt2", reversed_merges)], ids=["unigram", "reversed"]
)
def test_a_wrong_tokenizer_is_caught_by_the_loss(made, tmp_path, monkeypatch, kind, wrong):
    """Its texts come back as they were, so that only the model can tell."""
    path = file_of(made[kind], tmp_path / "tiny.gguf")
    monkeypatch.setitem(gguf_tokenizer.BACKENDS, kind, wrong)
    tokenizer = build_tokenizer(read_header(path))
    assert [tokenizer.decode(ids) for ids in text_tokens(tokenizer, TEXTS)] == TEXTS
    with pytest.raises(ValueError, match="less likely than when they are cut into the fewest tokens"):
        convert(path, tmp_path / "out", TEXTS)
    assert not (tmp_path / "out").exists()


def test_random_weights_are_caught_by_the_loss(made, tmp_path):
    torch.manual_seed(1)
    model = LlamaForCausalLM(made["gpt2"].model.config)
    path = write(tmp_path / "tiny.gguf", model, made["gpt2"].metadata)
    with pytest.raises(ValueError, match="hardly more likely than their shuffled words"):
        convert(path, tmp_path / "out", TEXTS)


def test_a_tokenizer_that_loses_text_is_refused(made, tmp_path):
    metadata = {**made["llama"].metadata, "token_type": [NORMAL if kind == BYTE else kind
                                                         for kind in made["llama"].metadata["token_type"]]}  # fmt: skip
    path = write(tmp_path / "tiny.gguf", made["llama"].model, metadata)
    with pytest.raises(ValueError, match=r"changes 4 of 5 texts: .* take a model for these languages"):
        convert(path, tmp_path / "out", ["你好。", "再见。", "谢谢。", "早上好。", TEXTS[0]])


def test_words_are_shuffled_and_characters_where_there_are_no_words():
    given = ["one two three four five", "我们明天在图书馆见面"]
    words, characters = shuffle_words(given)
    assert sorted(words.split()) == sorted(given[0].split())
    assert sorted(characters) == sorted(given[1])
    assert [words, characters] != given
    assert shuffle_words(TEXTS) == shuffle_words(TEXTS)


def test_a_token_merges_from_every_pair_in_the_order_of_ranks(made, tmp_path):
    header = read_header(file_of(made["llama"], tmp_path / "tiny.gguf"))
    merges = gguf_tokenizer.ranked_merges(header)
    scores = dict(zip(made["llama"].metadata["tokens"], made["llama"].metadata["scores"], strict=True))
    found = [scores["".join(pair)] for pair in merges]
    assert found == sorted(found, reverse=True)
    types = zip(made["llama"].metadata["tokens"], made["llama"].metadata["token_type"], strict=True)
    ordinary = {token for token, kind in types if kind == NORMAL}
    assert set(merges) == {(t[:cut], t[cut:]) for t in ordinary for cut in range(1, len(t))
                           if {t[:cut], t[cut:]} <= ordinary}  # fmt: skip


def test_a_revision_is_of_no_file(params):
    values = params.model_dump()
    base = values["base"] | {"model": "models/tiny.gguf", "revision": "0" * 40}
    with pytest.raises(ValueError, match="model = 'models/tiny.gguf' is none; set revision to null"):
        parse_params(values | {"base": base}, "params.yaml")


def test_a_folder_of_gguf_files_is_no_model(made, params, tmp_path):
    file_of(made["gpt2"], tmp_path / "tiny.gguf")
    base = params.base.model_copy(update={"model": str(tmp_path)})
    with pytest.raises(ValueError, match=r"holds GGUF files and no config.json; name the file itself, .*tiny.gguf"):
        copy_pretrained(base, params.prompt, TEXTS, tmp_path / "out")


def test_the_command_converts_and_refuses_in_one_line(made, tmp_path, monkeypatch, capsys):
    path = file_of(made["gpt2"], tmp_path / "tiny.gguf", license="mit")
    (tmp_path / "texts").write_text("\n".join(TEXTS) + "\n\n", encoding="utf-8")
    arguments = ["gguf", str(path), str(tmp_path / "out"), "--texts", str(tmp_path / "texts")]
    monkeypatch.setattr(sys, "argv", arguments)
    main()
    assert 'license: "mit"' in (tmp_path / "out" / "README.md").read_text()
    capsys.readouterr()
    with pytest.raises(SystemExit, match="1"):
        main()
    assert capsys.readouterr().err == f"error: {tmp_path / 'out'} exists; name a new folder\n"
    (tmp_path / "texts").write_text("\n \n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", [*arguments[:2], str(tmp_path / "new"), *arguments[3:]])
    with pytest.raises(SystemExit, match="1"):
        main()
    assert "holds no texts; give one sentence per line" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


REAL = {
    "SmolLM2-135M-Instruct.Q4_1.gguf": 4.03,
    "gemma-3-270m-q4_k_m.gguf": 2.20,
}
"""Mean losses a token on the first 60 captions of Multi30k's test2017, measured before there was this converter."""


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real_files_have_the_losses_that_were_measured(name, tmp_path):
    """See docs/models.md for where the files come from."""
    folder, captions = os.environ.get("GDIG_TEST_GGUF"), os.environ.get("GDIG_TEST_CAPTIONS")
    if not (folder and captions and (Path(folder) / name).is_file()):
        pytest.skip("GDIG_TEST_GGUF names a folder with the file, GDIG_TEST_CAPTIONS Multi30k's test2017.tsv.gz")
    convert(Path(folder) / name, tmp_path / "out")
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) < 600 * 2**20
    model, tokenizer = load_model(tmp_path / "out", "bfloat16"), load_tokenizer(tmp_path / "out")
    with gzip.open(captions, "rt", encoding="utf-8") as stream:
        pairs = [line.rstrip("\n").split("\t") for line in stream][1:61]
    total = count = 0
    for german, english in pairs:
        (context,) = prompt_tokens(tokenizer, [f"German: {german}\nEnglish:"])
        (target,) = text_tokens(tokenizer, [f" {english}"])
        ids = torch.tensor([context + target])
        with torch.inference_mode():
            logits = model(input_ids=ids).logits[0, len(context) - 1 : -1].float()
        total += F.cross_entropy(logits, ids[0, len(context) :], reduction="sum").item()
        count += len(target)
    assert total / count == pytest.approx(REAL[name], rel=0.02)
