"""GGUF files by llama.cpp's conventions, of models and tokenizers that other libraries make and train here."""

import json
from dataclasses import dataclass
from typing import Any

import gguf
import numpy as np
import sentencepiece
import torch
from gguf import GGMLQuantizationType, GGUFWriter
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
)

NORMAL, UNKNOWN, CONTROL, USER, BYTE = 1, 2, 3, 4, 6
SLOTS = [
    ["The", "This", "Every", "Our"], ["little", "green", "old", "quiet"], ["house", "dog", "tree", "bridge"],
    ["sees", "follows", "covers", "finds"], ["a", "one", "another", "your"], ["rainy", "busy", "distant", "narrow"],
    ["town.", "street.", "river.", "garden."],
]  # fmt: skip
TEMPLATE = "{% for m in messages %}{{ m['content'] }}{% endfor %}"


def sentences(count, seed=0):
    generator = np.random.default_rng(seed)
    return [" ".join(slot[generator.integers(len(slot))] for slot in SLOTS) for _ in range(count)]


TEXTS = sentences(30, seed=1)
HARD = ["  Two  spaces, 12345 and\ta tab", "naïve café — “Zitat” 你好", "It's WE'LL\n\nnew 🙂", "</s> as text <s>"]


@dataclass
class Made:
    """What a file is made of: a trained model, how its library reads text, and the tokenizer's metadata."""

    model: Any
    encode: Any
    metadata: dict[str, Any]


def trained(vocab_size, encode, bos, eos, num_steps=50):
    """A Llama that knows the order of the words, with fewer key heads than query heads and a tied head."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocab_size, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, tie_word_embeddings=True, bos_token_id=bos,
        eos_token_id=eos, pad_token_id=eos, rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 5e5},
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    start = [] if bos is None else [bos]
    encoded = [start + encode(text) + [eos] for text in sentences(256)]
    width = max(map(len, encoded))
    tokens = torch.tensor([ids + [eos] * (width - len(ids)) for ids in encoded])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for step in range(num_steps):
        batch = tokens[step % 16 :: 16]
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model.eval()


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sentences(200), trainer)
    state = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(state["vocab"], key=state["vocab"].get)
    metadata = {
        "model": "gpt2", "pre": "smollm", "tokens": tokens, "merges": [" ".join(pair) for pair in state["merges"]],
        "token_type": [CONTROL if token in special else NORMAL for token in tokens],
        "bos_token_id": 1, "eos_token_id": 0, "padding_token_id": 0, "eot_token_id": 2, "add_bos_token": False,
    }  # fmt: skip

    def encode(text):
        return tokenizer.encode(text, add_special_tokens=False).ids

    return Made(trained(len(tokens), encode, None, 0), encode, metadata)


def of_sentencepiece(folder, kind):
    texts = folder / f"{kind}.txt"
    texts.write_text("\n".join(sentences(300)), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(texts), model_prefix=str(folder / kind), vocab_size=500 if kind == "bpe" else 340, model_type=kind,
        byte_fallback=True, add_dummy_prefix=True, remove_extra_whitespaces=False, normalization_rule_name="identity",
        character_coverage=1.0, minloglevel=2, hard_vocab_limit=False,
        user_defined_symbols=["<table>"] if kind == "bpe" else [],
    )  # fmt: skip
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / f"{kind}.model"))
    numbers = range(len(pieces))

    def type_of(i):
        return (UNKNOWN if pieces.is_unknown(i) else CONTROL if pieces.is_control(i) else BYTE if pieces.is_byte(i)
                else USER if pieces.id_to_piece(i) == "<table>" else NORMAL)  # fmt: skip

    metadata = {
        "model": "llama" if kind == "bpe" else "t5", "tokens": [pieces.id_to_piece(i) for i in numbers],
        "scores": [pieces.get_score(i) for i in numbers], "token_type": [type_of(i) for i in numbers],
        "bos_token_id": pieces.bos_id(), "eos_token_id": pieces.eos_id(), "unknown_token_id": pieces.unk_id(),
        "add_bos_token": True, "add_eos_token": False, "add_space_prefix": True,
    }  # fmt: skip
    num_steps = 50 if kind == "bpe" else 0
    model = trained(len(pieces), pieces.encode, pieces.bos_id(), pieces.eos_id(), num_steps)
    return Made(model, pieces.encode, metadata)


def tokenizer_metadata(writer, metadata):
    lists = {"tokens": writer.add_token_list, "merges": writer.add_token_merges, "scores": writer.add_token_scores,
             "token_type": writer.add_token_types}  # fmt: skip
    for key, value in metadata.items():
        if key in lists:
            lists[key](value)
        elif isinstance(value, bool):
            writer.add_bool(f"tokenizer.ggml.{key}", value)
        elif isinstance(value, int):
            writer.add_uint32(f"tokenizer.ggml.{key}", value)
        else:
            writer.add_string(f"tokenizer.ggml.{key}", value)


NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "model.layers": "blk",
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}  # fmt: skip


def write(path, model, metadata, *, kind="F32", architecture="llama", change=None, **general):
    """Write a model as llama.cpp does: Llama's query and key rows turn in pairs, Gemma's norms are 1 more."""
    config = model.config
    writer = GGUFWriter(str(path), architecture)
    writer.add_name("Tiny")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if architecture == "llama":
        writer.add_rope_dimension_count(head_dim)
    elif architecture == "gemma3":
        writer.add_key_length(head_dim)
        writer.add_sliding_window(config.sliding_window)
    rope = config.rope_parameters
    writer.add_rope_freq_base(rope.get("full_attention", rope)["rope_theta"])
    for key, value in general.items():
        writer.add_string(f"general.{key}", value)
    writer.add_chat_template(TEMPLATE)
    tokenizer_metadata(writer, metadata)
    names = NAMES | (
        {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
         "post_feedforward_layernorm": "post_ffw_norm"}
        if architecture == "gemma3" else {"post_attention_layernorm": "ffn_norm"}
    )  # fmt: skip
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        values = tensor.detach().float().numpy()
        if architecture == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            heads = len(values) // head_dim
            values = values.reshape(heads, 2, head_dim // 2, -1).swapaxes(1, 2).reshape(values.shape)
        if architecture == "gemma3" and "norm" in name:
            values = values + 1
        for long, short in names.items():
            name = name.replace(f"{long}.", f"{short}.")
        if kind != "F32" and values.ndim == 2:
            number = GGMLQuantizationType[kind]
            writer.add_tensor(name, gguf.quantize(values, number), raw_dtype=number)
        else:
            writer.add_tensor(name, np.ascontiguousarray(values))
    if change:
        change(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def file_of(made, path, **options):
    return write(path, made.model, made.metadata, **options)
