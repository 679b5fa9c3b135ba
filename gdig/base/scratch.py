"""A small Llama and its byte-level BPE tokenizer, trained from scratch: a base model without a download."""

import logging
from collections.abc import Sequence
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from gdig.config import Base, Prompt, Scratch
from gdig.io.records import Pair
from gdig.io.tokens import text_tokens
from gdig.lm.load import device
from gdig.lm.prompt import Example, base_text, instruction, require_room
from gdig.training.run import TrainRecord, train

logger = logging.getLogger(__name__)
EOS, PAD = "<|endoftext|>", "<|pad|>"
MAX_POSITIONS = 1024
TEMPLATE_COPIES = 3000
"""Copies of the instruction in the tokenizer's corpus; without them it is tokenised into bytes."""


def train_tokenizer(pairs: Sequence[Pair], scratch: Scratch, prompt: Prompt) -> Any:
    """Train a byte-level BPE tokenizer on both sides of the base text and on the instruction."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    texts = [text for pair in pairs for text in (pair.src, pair.trg)] + [instruction("", prompt)] * TEMPLATE_COPIES
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=scratch.vocab_size,
            special_tokens=[EOS, PAD],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=EOS,
        pad_token=PAD,
        padding_side="left",
        model_input_names=["input_ids", "attention_mask"],
    )


def train_base(pairs: Sequence[Pair], base: Base, prompt: Prompt) -> tuple[Any, Any, TrainRecord]:
    """Train tokenizer and model as a language model on untemplated text.

    The first `num_parallel` pairs are trained on as pairs in the base format, the rest as single sentences.

    Returns:
        model, tokenizer, training record.
    """
    scratch = base.scratch
    if len(pairs) < scratch.num_parallel:
        raise ValueError(
            f"base.scratch.num_parallel = {scratch.num_parallel}, but only {len(pairs)} pairs of base text are left "
            f"after cleaning; lower it or raise pool.num_base_text"
        )
    tokenizer = train_tokenizer(pairs, scratch, prompt)
    examples = _examples(pairs, scratch.num_parallel, tokenizer, prompt)
    torch.manual_seed(base.seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=scratch.hidden_size,
            intermediate_size=scratch.intermediate_size,
            num_hidden_layers=scratch.num_layers,
            num_attention_heads=scratch.num_heads,
            num_key_value_heads=scratch.num_heads,
            max_position_embeddings=MAX_POSITIONS,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    ).to(device())
    logger.info("base: %d parameters, %d texts", model.num_parameters(), len(examples))
    record = train(model, examples, base.training, base.seed, "base")
    return model, tokenizer, record


def _examples(pairs: Sequence[Pair], num_parallel: int, tokenizer: Any, prompt: Prompt) -> list[Example]:
    texts = [(pair.id, base_text(pair, prompt)) for pair in pairs[:num_parallel]]
    for pair in pairs[num_parallel:]:
        texts += [(f"{pair.id}/src", pair.src), (f"{pair.id}/trg", pair.trg)]
    tokens = text_tokens(tokenizer, [text for _, text in texts])
    examples = [Example(name, [*ids, tokenizer.eos_token_id], 0) for (name, _), ids in zip(texts, tokens, strict=True)]
    require_room(examples, MAX_POSITIONS)
    return examples
