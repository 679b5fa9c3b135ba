"""Texts into tokens and back, for tokenizers of every make."""

import logging
import random

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from gdig.io.records import Pair
from gdig.io.tokens import additions, decode, holds_special, prompt_start, prompt_tokens, special_tokens, text_tokens
from gdig.lm.encoder import encode
from gdig.lm.load import load_tokenizer
from gdig.lm.prompt import encode_base_format, encode_instructions, instruction
from gdig.translate.prompts import tasks_of
from tests.conftest import PROMPT

NAMES = [("<s>", "</s>", "[SEP]", "<pad>"), ("<|begin|>", "<|im_end|>", "<sep>", "<|pad|>")]
TEXTS = [
    "Guten Tag", "Ende <|im_end|> hier", "a </s> b", "<s>x</s>", "</s></s>", " vorn und  zwei ", "¡Füße! 1.5 €",
    "<pad><unk>[SEP]", "日本語 テキスト", "x<de>y <de> z", "tab\tund\nZeile", "<sep>", "<|pad|>!", "s", "<",
]  # fmt: skip
CORPUS = [*TEXTS, "the house is green", "wie geht es dir", "<de> pad unk sep im end begin s / | <", "0123456789"] * 20


def made(rng):
    """A tokenizer drawn by chance: its special tokens, what it adds to a text, normalisers, model."""
    bos, eos, sep, pad = rng.choice(NAMES)
    if rng.random() < 0.2:
        bos = eos
    special = list(dict.fromkeys([bos, eos, sep, pad, "<unk>"]))
    if is_bytes := rng.random() < 0.5:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(
            add_prefix_space=rng.random() < 0.3, use_regex=rng.random() < 0.8
        )
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
        )
    else:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=rng.choice(["always", "first", "never"]))
        tokenizer.decoder = decoders.Metaspace()
        alphabet = sorted({character for text in CORPUS for character in text})
        trainer = trainers.UnigramTrainer(
            vocab_size=300, special_tokens=special, unk_token="<unk>", initial_alphabet=alphabet, show_progress=False
        )
    tokenizer.train_from_iterator(CORPUS, trainer)
    if rng.random() < 0.5:
        tokenizer.normalizer = normalizers.NFC()
    if rng.random() < 0.5:
        tokenizer.add_tokens([AddedToken("<de>", normalized=rng.random() < 0.5)])
    if rng.random() < 0.3:
        tokenizer.add_special_tokens(["<extra>"])
    front = rng.choice([[], [bos], [bos], [eos], [sep], [bos, bos], [eos, bos]])
    back = rng.choice([[], [eos], [sep], [sep, eos], [eos, eos]])
    if front or back:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=" ".join([*front, "$A", *back]),
            pair=" ".join([*front, "$A", *back, "$B:1", *(f"{token}:1" for token in back)]),
            special_tokens=[(token, tokenizer.token_to_id(token)) for token in {*front, *back}],
        )
    named = {
        "bos_token": bos if rng.random() < 0.8 else None,
        "eos_token": eos,
        "pad_token": pad if rng.random() < 0.7 else None,
        "unk_token": rng.choice([None, eos, "<unk>"]) if is_bytes else "<unk>",
        "sep_token": sep if rng.random() < 0.5 else None,
        "clean_up_tokenization_spaces": rng.random() < 0.5,
    }
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **{name: value for name, value in named.items() if value is not None}
    )


@pytest.mark.parametrize("seed", range(200))
def test_prompts_and_targets_come_back_and_eos_stands_once_at_the_end(seed, params):
    tokenizer = made(random.Random(seed))
    eos = tokenizer.eos_token_id
    tokens = text_tokens(tokenizer, TEXTS)
    assert [decode(tokenizer, ids).strip() for ids in tokens] == [text.strip() for text in TEXTS]
    assert all(special_tokens(tokenizer).isdisjoint(ids) for ids in tokens)

    start = prompt_start(tokenizer)
    assert start.count(eos) <= (eos == tokenizer.bos_token_id)
    assert start.count(tokenizer.bos_token_id) <= 1
    assert [ids[len(start) :] for ids in prompt_tokens(tokenizer, TEXTS)] == tokens
    pairs = [Pair(str(number), text, text) for number, text in enumerate(TEXTS)]
    for encoded in (encode_instructions, encode_base_format):
        for example in encoded(pairs, tokenizer, PROMPT):
            assert example.tokens[: len(start)] == start
            assert example.tokens[len(start) :].count(eos) == 1
            assert example.tokens[-1] == eos
    for pair, task in zip(pairs, tasks_of(pairs, tokenizer, PROMPT, params.translate), strict=True):
        assert task.tokens[len(start) :] == text_tokens(tokenizer, [instruction(pair.src, PROMPT)])[0]

    # A model with a format of its own reads it, and the text in it is text.
    added = additions(tokenizer)
    texts = [text for text in TEXTS if "<de>" not in text]  # of its added tokens it makes what it likes
    own = text_tokens(tokenizer, texts)
    for tokens, row in zip(own, encode(tokenizer, texts, None, 10**9).rows, strict=True):
        assert row["input_ids"] == [*added.front, *tokens, *added.back]
    rows = encode(tokenizer, texts, texts[::-1], 10**9).rows
    for one, two, row in zip(own, own[::-1], rows, strict=True):
        assert row["input_ids"] == [*added.front, *one, *added.back, *two, *added.back]


def first(is_wanted):
    """The first tokenizer of a kind."""
    return next(filter(is_wanted, (made(random.Random(seed)) for seed in range(999))))


def is_unigram(tokenizer):
    return type(tokenizer.backend_tokenizer.model).__name__ == "Unigram"


def test_a_long_text_with_a_special_string_is_cut_as_others_are():
    tokenizer = first(lambda t: is_unigram(t) and t.eos_token == "</s>" and len(additions(t).back) == 1)
    limit, added = 12, additions(tokenizer)
    (kept,) = text_tokens(tokenizer, ["ab"])
    for text in ("a b c d e f g h i j k l m n o p", "a b </s> d e f g h i j k l m n o p"):
        (row,) = encode(tokenizer, [text], ["ab"], limit).rows
        (own,) = text_tokens(tokenizer, [text])
        room = limit - len(added.front) - 2 * len(added.back) - len(kept)
        assert row["input_ids"] == [*added.front, *own[:room], *added.back, *kept, *added.back]
        assert len({*map(len, row.values())}) == 1


def test_rows_that_hold_a_special_string_are_told():
    tokenizer = made(random.Random(3))
    eos = tokenizer.eos_token
    assert holds_special(tokenizer, ["a", f"b{eos}", "<extr", eos]) == [False, True, False, True]


def test_punctuation_is_where_the_tokens_have_it():
    texts = ["Bonjour ! Ça va ?", "Il a dit : « non » .", "He said ' no ' .", "I do not know , it 's 5 ."]
    tokenizer = first(lambda t: not is_unigram(t))
    for clean_up in (False, True):
        tokenizer.clean_up_tokenization_spaces = clean_up
        assert [decode(tokenizer, ids).strip() for ids in text_tokens(tokenizer, texts)] == texts


def test_a_pattern_that_transformers_would_change_is_told_once(base_folder, caplog, monkeypatch):
    """Stage `base` lets it be said; nothing else does."""

    def loaded(*_, **__):
        logging.getLogger("transformers.tokenization_utils_base").warning("with an incorrect regex pattern: ...")
        return made(random.Random(1))

    monkeypatch.setattr("gdig.lm.load.AutoTokenizer.from_pretrained", loaded)
    monkeypatch.setattr(logging.getLogger("transformers"), "propagate", True)
    load_tokenizer(base_folder)
    assert caplog.text == ""
    load_tokenizer(base_folder, warn=True)
    assert "incorrect regex pattern" in caplog.text
