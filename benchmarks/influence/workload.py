"""The workload: random Llamas and random token sequences, the same for every engine."""

from dataclasses import dataclass
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from gdig.lm.prompt import Example

LINEARS = ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
LAYER_STEP = 3
NUM_FIT = 256
"""Examples that the curvature is estimated on."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A model and its examples."""

    hidden: int
    mlp: int
    layers: int
    heads: int
    vocabulary: int
    tokens: int
    response: int
    n: int
    """Candidates."""
    m: int
    """Seeds."""
    max_tokens: int
    """Tokens of a batch, for training and for every engine."""


SHAPES = {
    "small": Shape(
        hidden=256, mlp=1024, layers=9, heads=4, vocabulary=2048, tokens=64, response=24, n=512, m=64, max_tokens=2048
    ),
    "medium": Shape(
        hidden=512, mlp=1536, layers=12, heads=8, vocabulary=2048, tokens=64, response=24, n=512, m=64, max_tokens=2048
    ),
    "llama2-7b": Shape(
        hidden=4096, mlp=11008, layers=32, heads=32, vocabulary=32000, tokens=95, response=38, n=2048, m=256,
        max_tokens=8192,
    ),
}  # fmt: skip


def make_model(shape: Shape, device: torch.device, dtype: torch.dtype) -> Any:
    """Return a Llama with random weights: costs do not depend on them."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.mlp,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=256,
        tie_word_embeddings=False,
    )
    with device:
        return LlamaForCausalLM(config).to(dtype).eval()


def make_examples(shape: Shape, count: int, seed: int) -> list[Example]:
    """Return random examples of equal length."""
    tokens = torch.randint(
        1, shape.vocabulary, (count, shape.tokens), generator=torch.Generator().manual_seed(seed)
    ).tolist()
    return [Example(f"{seed}-{row}", ids, shape.tokens - shape.response) for row, ids in enumerate(tokens)]
