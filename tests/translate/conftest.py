"""A small Llama that has learnt a little: its translations differ, and most end by themselves."""

from itertools import islice

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from gdig.base.scratch import train_tokenizer
from gdig.config import Translate
from gdig.io.records import Pair
from gdig.lm.batches import epochs, pad
from gdig.lm.load import save
from gdig.lm.loss import token_losses
from gdig.lm.prompt import encode_instructions

NUM_STEPS = 150

NAMES = ("Anna", "Otto", "Ida", "Karl", "Eva", "Hans", "Ute", "Max")
VERBS = {"sieht": "sees", "hört": "hears", "findet": "finds"}


def sentence(one: str, verb: str, two: str, copies: int) -> tuple[str, str]:
    return " ".join([f"{one} {verb} {two}."] * copies), " ".join([f"{one} {VERBS[verb]} {two}."] * copies)


PAIRS = [
    Pair(f"t{n:03d}", *sentence(one, verb, two, 1 + n % 3))
    for n, (one, verb, two) in enumerate((a, v, b) for a in NAMES for v in VERBS for b in NAMES)
]


@pytest.fixture(scope="session")
def checkpoint(params, tmp_path_factory):
    tokenizer = train_tokenizer(PAIRS, params.base.scratch.model_copy(update={"vocab_size": 400}), params.prompt)
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256, tie_word_embeddings=True,
            bos_token_id=None, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        )
    )  # fmt: skip
    examples = encode_instructions(PAIRS[:160], tokenizer, params.prompt)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
    batches = epochs(len(examples), 16, torch.Generator().manual_seed(0))
    for positions in islice(batches, NUM_STEPS):
        losses_R, _ = token_losses(model, pad([examples[position] for position in positions]))
        losses_R.mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    folder = tmp_path_factory.mktemp("checkpoint")
    save(folder, model, tokenizer)
    return folder


@pytest.fixture
def settings(params) -> Translate:
    return params.translate.model_copy(update={"max_length_ratio": 1.5, "max_length_extra": 3})


@pytest.fixture(scope="session")
def pairs() -> list[Pair]:
    """Sources of very different lengths, not in the order of their lengths."""
    return PAIRS[160:192]
