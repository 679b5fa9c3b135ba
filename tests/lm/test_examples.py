"""White space between a context and its target is part of the target's first token, whatever the tokenizer."""

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from gdig.io.records import Pair
from gdig.lm.prompt import base_context, base_text, encode_base_format
from tests.conftest import PROMPT

PAIRS = [Pair("a", "Ein Hund", "A dog runs"), Pair("b", "Die Katze", "The cat"), Pair("c", "Ja", "(yes)")]


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()}


def marked():
    """Words begin with a mark, and so does every text, as with SentencePiece."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return tokenizer, {}


@pytest.mark.parametrize("kind", [byte_level, marked])
def test_base_format_is_read_as_running_text(kind):
    tokenizer, more = kind()
    texts = [base_text(pair, PROMPT) for pair in PAIRS] * 20
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=500, special_tokens=["<s>", "</s>"], show_progress=False, **more)
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>")
    for pair, example in zip(PAIRS, encode_base_format(PAIRS, fast, PROMPT), strict=True):
        assert example.tokens[:-1] == fast(base_text(pair, PROMPT), add_special_tokens=False).input_ids
        assert fast.decode(example.tokens[: example.prompt_length]) == base_context(pair.src, PROMPT)
        assert fast.convert_ids_to_tokens(example.tokens[example.prompt_length])[0] in "Ġ▁"


def test_where_the_white_space_cannot_be_told_apart_context_and_target_are_read_apart(monkeypatch):
    """A token that spans the boundary."""
    tokenizer, more = byte_level()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    texts = [base_text(pair, PROMPT) for pair in PAIRS] * 20
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=900, special_tokens=["<s>", "</s>"], show_progress=False, **more)
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>")
    (example,) = encode_base_format(PAIRS[:1], fast, PROMPT)
    head, tail = example.tokens[: example.prompt_length], example.tokens[example.prompt_length : -1]
    assert fast(base_text(PAIRS[0], PROMPT)).input_ids != [*head, *tail]
    assert fast.decode(head) == base_context("Ein Hund", PROMPT)
    assert fast.decode(tail) == " A dog runs"
