"""Tiny models of every architecture: the sizes of its default configuration made small, its kinds of layers kept."""

import dataclasses
from typing import Any

import torch
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

VOCABULARY = 23
MOST_PARAMETERS = 4_000_000
LAYERS = "num_hidden_layers", "num_layers", "n_layer", "n_layers", "decoder_layers", "num_blocks"
SIZES: dict[str, Any] = dict.fromkeys(("vocab_size", "vocab_size_per_layer_input"), VOCABULARY)
SIZES |= dict.fromkeys(("hidden_size", "n_embd", "d_model", "word_embed_proj_dim", "hidden_size_global"), 32)
SIZES |= dict.fromkeys(("max_position_embeddings", "n_positions", "max_seq_len"), 64)
SIZES |= dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads", "num_key_value_heads"), 2)
SIZES |= dict.fromkeys(("decoder_attention_heads", "encoder_attention_heads", "index_n_heads"), 2)
SIZES |= dict.fromkeys(("linear_num_key_heads", "linear_num_value_heads", "linear_num_heads"), 2)
SIZES |= dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"), 4)
SIZES |= dict.fromkeys(("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k"), 2)
SIZES |= dict.fromkeys(("n_group", "topk_group", "num_expert_group", "encoder_layers", "depth"), 1)
SIZES |= {"head_dim": 16, "sliding_window": 4, "is_decoder": True, "initializer_range": 0.2, "init_std": 0.2}
SIZES |= {"eos_token_id": 0, "pad_token_id": 0, "bos_token_id": 1}
"""As configurations name them."""
ENDINGS = {"_dim": 16, "_rank": 16, "_width": 16, "intermediate_size": 24, "_ffn_dim": 24, "lowrank": 16}
"""Of other sizes, which are made that small where they are larger."""
MAMBA = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 16}
INKLING = {"rel_extent": 8, "swa_num_attention_heads": 2, "swa_num_key_value_heads": 2, "unpadded_vocab_size": 23}
QWEN4 = {
    "indexer_n_heads": 2, "indexer_kv_heads": 1, "indexer_head_dim": 16, "indexer_budget": 4,
    "indexer_compress_ratio": 2, "ngram_vocab_size_base": 16, "split_ngram_parts": 1,
}  # fmt: skip
OWN: dict[str, dict[str, Any]] = {
    "bamba": MAMBA | {"attn_layer_indices": [1]},
    "blt": {"encoder_hash_byte_group_vocab": 64},
    "cohere_compass_text": {"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 10000.0}}},
    "cpmant": {"dim_head": 16, "dim_ff": 24, "position_bias_num_buckets": 8, "prompt_length": 2},
    "dbrx": {
        "attn_config": {"rope_theta": 10000.0, "clip_qkv": 8.0},
        "ffn_config": {"hidden_size": 32, "ffn_hidden_size": 24},
    },
    "dory": {"n_input_layers": 1, "n_output_layers": 1},
    "dots1": {"n_shared_experts": 1, "n_routed_experts": 4, "first_k_dense_replace": 1},
    "dots3_note_text": {"per_layer_config": {1: {"num_attention_heads": 1, "num_key_value_heads": 1}}, "head_dim": 32},
    "falcon_h1": MAMBA | {"mamba_d_ssm": 64},
    "gemma3n_text": {"num_kv_shared_layers": 0, "laurel_rank": 8, "intermediate_size": 24},
    "gemma4_assistant": {"text_config": {"hidden_size_per_layer_input": 0, "vocab_size_per_layer_input": 0}},
    "gpt_neo": {
        "attention_types": [[["global", "local"], 1], [["global"], 1]],
        "attention_layers": ["global", "local", "global"],
    },
    "granitemoehybrid": MAMBA | {"layer_types": ["linear_attention", "full_attention", "full_attention"]},
    "hy_v4": {"indexer_types": ["full", "full", "shared"]},
    "inkling2_loop_text": INKLING | {
        "loop_layer_index_start": 1, "loop_layer_index_end": 2, "n_layers_per_attn_res_block": 1,
    },
    "inkling2_text": INKLING,
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "mamba_dt_rank": 4},
    "lfm2_moe": {"layer_types": ["conv", "full_attention", "full_attention"]},
    "longcat_flash": {"head_dim": 16, "qk_head_dim": 32, "zero_expert_num": 1, "ffn_hidden_size": 24,
                      "expert_ffn_hidden_size": 16},
    "mamba2": {"num_heads": 4, "head_dim": 16, "state_size": 16, "n_groups": 2},
    "mimo_v2_flash": {"num_attention_heads": 4},
    "qwen4_exp_text": QWEN4,
    "qwen4_exp": {"text_config": QWEN4},
    "reformer": {
        "axial_pos_shape": [8, 8], "axial_pos_embds_dim": [16, 16], "attention_head_size": 16,
        "feed_forward_size": 24,
    },
    "xlstm": {"hidden_size": 128, "embedding_dim": 128},
    "xmod": {"default_language": "en_XX", "languages": ["en_XX"]},
    "zaya": {"num_experts_per_tok": 1},
}  # fmt: skip
"""What cannot be told from the names of sizes."""


def tiny_config(config_class: Any, own: dict[str, Any]) -> Any:
    """Return a small configuration of a class, of its parts too.

    Args:
        config_class: of an architecture.
        own: values by name; of parts in a mapping.
    """
    default = config_class()
    # A value that differs by layer is to be read of a layer.
    default.allow_global_per_layer_attribute_access = True
    known = {field.name for field in dataclasses.fields(config_class)} | set(config_class.attribute_map)
    values: dict[str, Any] = {}
    num_layers = next((getattr(default, name) for name in LAYERS if name in known), None)
    lists = {
        name: list(dict.fromkeys(value))
        for name in known - set(config_class.attribute_map)
        if isinstance(value := getattr(default, name, None), list)
        and len(value) == num_layers
        and not any(isinstance(item, list | dict) for item in value)
    }
    layers = max([3, *map(len, lists.values())])
    for name in known:
        value = getattr(default, name, None)
        if name in LAYERS:
            values[name] = layers
        elif name in lists:
            kinds = lists[name]
            values[name] = [kinds[(number + len(kinds) - layers) % len(kinds)] for number in range(layers)]
        elif name in SIZES and not (value is None and name == "sliding_window"):
            values[name] = SIZES[name]
        elif type(value) is int and (sizes := [size for ending, size in ENDINGS.items() if name.endswith(ending)]):
            values[name] = min(value, *sizes)
    for name in config_class.sub_configs or ():
        part = getattr(default, name, None)
        if part is not None and dataclasses.is_dataclass(part):
            values[name] = tiny_config(type(part), own.get(name, {}))
    return config_class(
        **(values | {name: value for name, value in own.items() if name not in config_class.sub_configs})
    )


def tiny_model(kind: str) -> Any:
    """Return a model of an architecture with seeded weights, in float32.

    Raises:
        ValueError: it has many parameters all the same.
    """
    config = tiny_config(CONFIG_MAPPING[kind], OWN.get(kind, {}))
    with torch.device("meta"):
        size = AutoModelForCausalLM.from_config(config).num_parameters()
    if size > MOST_PARAMETERS:
        raise ValueError(f"a tiny one has {size} parameters")
    torch.manual_seed(1)
    return AutoModelForCausalLM.from_config(config).float().eval()
