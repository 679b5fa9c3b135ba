"""Shared oracles: a toy language model in float64 and examples for it."""

import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from gdig.config import Params, load_params
from gdig.data.prompt import Example

ROOT = Path(__file__).parent.parent

# Toy models are faster on one thread, and far faster where another process has the other core.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def params() -> Params:
    return load_params(ROOT / "profiles" / "embedded.yaml")


def toy_model(*, num_layers: int = 3, dtype: torch.dtype = torch.float64, seed: int = 0) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=23, hidden_size=8, intermediate_size=12, num_hidden_layers=num_layers, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=True, initializer_range=0.3,
        bos_token_id=None, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    return LlamaForCausalLM(config).to(dtype).eval()


def toy_examples(count: int, seed: int = 1, *, least: int = 4, most: int = 11) -> list[Example]:
    generator = torch.Generator().manual_seed(seed)
    examples = []
    for number in range(count):
        length = int(torch.randint(least, most + 1, (), generator=generator))
        tokens = torch.randint(1, 23, (length,), generator=generator).tolist()
        prompt_length = int(torch.randint(1, length, (), generator=generator))
        examples.append(Example(f"toy-{number}", tokens, prompt_length))
    return examples


@pytest.fixture
def model() -> LlamaForCausalLM:
    return toy_model()
